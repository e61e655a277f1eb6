import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { StoreUnavailable } from '../../src/store/store.ts'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { freshTokens, refresh } from '../support/token-client.ts'
import { until } from '../support/until.ts'

/** One address in front of several servers, as a cloud's failover has it. Connections stay where they are. */
async function address(t: TestContext, first: RedisServer) {
  const port = await freePort()
  const current = { server: first }
  const proxy: Server = createServer((client) => {
    const server = connect(current.server.port, '127.0.0.1')
    client.pipe(server).pipe(client)
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  return { url: `redis://127.0.0.1:${port}`, current }
}

async function served(t: TestContext, url: string) {
  const said: string[] = []
  const report = (_level: string, message: string) => said.push(message)
  const store = await openRedis(url, { report, env: { REDIS_TIMEOUT: '1' } })
  const { app, log } = await buildServer(t, { store, storeClock: true, env: { REFRESH_TOKEN_GRACE: '60' } })
  const ready = async () =>
    (await app.inject({ url: '/readyz', headers: { host: 'localhost:8000' } })).statusCode
  return { store, app, log, ready, said }
}

async function pair(t: TestContext) {
  const primary = await RedisServer.start()
  t.after(() => primary.remove())
  const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(primary.port))
  t.after(() => replica.remove())
  await until(() => /master_link_status:up/.test(replica.cli('INFO', 'replication')), 'a replica')
  return { primary, replica }
}

test('a primary that was demoted keeps its connections: what it refuses did not happen, and new ones are made', async (t) => {
  const { primary, replica } = await pair(t)
  const { url, current } = await address(t, primary)
  const { store, app, log, ready, said } = await served(t, url)
  const tokens = await freshTokens(app)
  await until(() => replica.cli('DBSIZE') === primary.cli('DBSIZE'), 'the replication')
  replica.cli('REPLICAOF', 'NO', 'ONE')
  primary.cli('REPLICAOF', '127.0.0.1', String(replica.port))
  // The address still leads to the old one.
  const now = store.clock()
  await until(() => ready().then((status) => status === 503), 'an unready server')
  const write = () => store.create('grant', 'x', { revision: 'r', expires_at: now + 60 }, now)
  await until(
    () =>
      write().then(
        () => false,
        (error) => error instanceof StoreUnavailable && error.message.startsWith('READONLY'),
      ),
    'READONLY',
  )
  current.server = replica
  await until(() => ready().then((status) => status === 200), 'a server that is ready')
  assert.equal((await refresh(app, tokens.refresh_token)).status, 200)
  assert.equal(await write(), 'won', 'it had not happened')
  assert.equal(said.filter((line) => /this is a replica, and REDIS_URL must lead/.test(line)).length, 1)
  assert.equal(said.filter((line) => line === 'Redis takes writes again').length, 1)
  assert.ok(!log.some(({ event }) => /reuse|revoked/.test(String(event))))
})

for (const [name, refuse, relent] of [
  [
    'NOREPLICAS',
    (redis: RedisServer) => redis.cli('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    (redis: RedisServer) => redis.cli('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  ],
  [
    'MASTERDOWN',
    (redis: RedisServer) => {
      redis.cli('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
      return redis.cli('REPLICAOF', '127.0.0.1', '1')
    },
    (redis: RedisServer) => redis.cli('REPLICAOF', 'NO', 'ONE'),
  ],
  [
    'MISCONF',
    (redis: RedisServer) => {
      const [, folder = ''] = redis.cli('CONFIG', 'GET', 'dir').split('\n')
      // In the way of what it would save.
      mkdirSync(join(folder, 'dump.rdb'))
      redis.cli('CONFIG', 'SET', 'save', '3600 1')
      return redis.cli('BGSAVE')
    },
    (redis: RedisServer) => redis.cli('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no'),
  ],
] as const) {
  test(`${name}: /readyz is 503 and the log says why, once; writes work again by themselves`, async (t) => {
    const redis = await RedisServer.start()
    t.after(() => redis.remove())
    const { app, ready, said } = await served(t, redis.url)
    const tokens = await freshTokens(app)
    assert.equal(await ready(), 200)
    assert.match(refuse(redis), /OK|started/)
    await until(() => ready().then((status) => status === 503), 'an unready server')
    assert.equal((await refresh(app, tokens.refresh_token)).status, 503)
    assert.match(relent(redis), /OK/)
    await until(() => ready().then((status) => status === 200), 'a server that is ready')
    assert.equal((await refresh(app, tokens.refresh_token)).status, 200)
    assert.equal(said.filter((line) => line.startsWith('Redis takes no writes: ')).length, 1)
  })
}

test('to ask whether writes work leaves nothing to keep or to replicate', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const store = await openRedis(redis.url)
  t.after(() => store.close())
  for (let asked = 0; asked < 50; asked++) await store.ping()
  assert.equal(redis.cli('DBSIZE'), '0')
  assert.match(redis.cli('INFO', 'persistence'), /rdb_changes_since_last_save:0\r?$/m)
})
