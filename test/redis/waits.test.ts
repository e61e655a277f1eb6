import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { countingStore } from '../support/counting-store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import {
  basic,
  direct,
  exchange,
  freshCode,
  freshTokens,
  introspect,
  refresh,
} from '../support/token-client.ts'

const SERVICE = {
  client_id: 'svc',
  client_secret: 'password',
  grant_types: ['client_credentials' as const],
}

async function counted(t: TestContext) {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const { store, waits } = countingStore(await openRedis(redis.url))
  const server = await buildServer(t, { store, clients: [SERVICE], storeClock: true })
  return { ...server, waits, redis }
}

test('waits for Redis: none for client_credentials, one to introspect, two to exchange and to refresh', async (t) => {
  const { app, waits } = await counted(t)
  const authorization = basic('svc', 'password')
  const service = await direct(app, { grant_type: 'client_credentials' }, { authorization })
  assert.equal(service.status, 200)
  assert.equal(waits(), 0)
  assert.equal((await introspect(app, service.body.access_token, authorization)).body.active, true)
  assert.equal(waits(), 1)
  const code = await freshCode(app)
  waits()
  const tokens = await exchange(app, code)
  assert.equal(tokens.status, 200)
  assert.equal(waits(), 2)
  const next = await refresh(app, tokens.body.refresh_token)
  assert.equal(next.status, 200)
  assert.equal(waits(), 2)
  assert.equal((await introspect(app, next.body.access_token)).body.active, true)
  assert.equal(waits(), 1)
})

test('waits for Redis: at most four to authorize with a session and a remembered consent', async (t) => {
  const { app, waits } = await counted(t)
  const agent = new Agent(app)
  await agent.authorize(WALK)
  waits()
  assert.ok(answerOf(await agent.get(WALK)).get('code'))
  const count = waits()
  assert.ok(count <= 4, `${count} waits`)
  t.diagnostic(`authorize: ${count} waits`)
})

test('concurrent requests share a pipeline: fewer packets than commands', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const { app } = await buildServer(t, { store: await openRedis(redis.url), storeClock: true })
  const { access_token } = await freshTokens(app)
  const statistic = (name: string) =>
    Number(new RegExp(`${name}:(\\d+)`).exec(redis.cli('INFO', 'stats'))?.[1] ?? Number.NaN)
  const before = {
    commands: statistic('total_commands_processed'),
    reads: statistic('total_reads_processed'),
  }
  const answers = await Promise.all(Array.from({ length: 200 }, () => introspect(app, access_token)))
  assert.ok(answers.every(({ body }) => body.active))
  const commands = statistic('total_commands_processed') - before.commands
  const reads = statistic('total_reads_processed') - before.reads
  assert.ok(commands >= 200)
  assert.ok(reads < commands / 4, `${commands} commands in ${reads} reads`)
})
