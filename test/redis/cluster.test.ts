import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomText } from '../../src/secrets/random.ts'
import type { RedisStore } from '../../src/store/redis.ts'
import { storeContract } from '../contract/store.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { direct, exchange, freshTokens, introspect, refresh } from '../support/token-client.ts'
import { until } from '../support/until.ts'

let cluster: RedisCluster

/** A store that has found its connection to every node: in its first moments the library closes some again. */
async function settled(): Promise<RedisStore> {
  // Three nodes and their tests on a busy machine: what is tested here is no deadline.
  const store = await openRedis(cluster.url, { env: { REDIS_TIMEOUT: '10' } })
  let good = 0
  await until(async () => {
    const reads = Array.from({ length: 10 }, () => store.read('grant', randomText(16), 0))
    const answers = await Promise.allSettled(reads)
    good = answers.every(({ status }) => status === 'fulfilled') ? good + 1 : 0
    return good === 4
  }, 'connections that have settled')
  return store
}
before(async () => {
  cluster = await RedisCluster.start()
})
after(() => cluster.remove())

storeContract('redis cluster', settled)

test('all flows work on a cluster, without a cross-slot error', async (t) => {
  const { app, log } = await buildServer(t, { store: await settled(), storeClock: true })
  const agent = new Agent(app)
  const first = (await exchange(app, (await agent.authorize(WALK)).get('code') as string)).body
  const tokens = (await refresh(app, first.refresh_token)).body
  assert.equal((await introspect(app, tokens.access_token)).body.active, true)
  assert.match((await agent.get('/account')).body, /Test Client/)
  await direct(app, { token: tokens.access_token }, { url: '/oauth/revoke' })
  assert.equal((await introspect(app, tokens.access_token)).body.active, false)
  await direct(app, { token: tokens.refresh_token }, { url: '/oauth/revoke' })
  assert.equal((await refresh(app, tokens.refresh_token)).body.error, 'invalid_grant')
  await agent.submit(await agent.get('/logout'), {})
  assert.match((await agent.get(WALK)).body, /name="password"/)
  assert.deepEqual(
    log.filter(({ level }) => level === 'error'),
    [],
  )
})

test('while slots move, no request fails and nobody is logged out', async (t) => {
  const { app, log } = await buildServer(t, { store: await settled(), storeClock: true })
  const grants: string[] = []
  for (let at = 0; at < 12; at++) grants.push((await freshTokens(app)).refresh_token)
  let moving = true
  let refreshed = 0
  const load = grants.map(async (token, at) => {
    while (moving) {
      const { status, body } = await refresh(app, token)
      assert.equal(status, 200, JSON.stringify(body))
      token = body.refresh_token
      refreshed++
      const inspected = await introspect(app, body.access_token)
      const errors = log.filter(({ level }) => level === 'error')
      assert.equal(inspected.body.active, true, JSON.stringify(errors.slice(-4)))
    }
    grants[at] = token
  })
  const ids = log.filter(({ event }) => event === 'token_issued').map(({ grant_id }) => String(grant_id))
  for (const id of new Set(ids.slice(0, 12))) await cluster.moveSlotOf(`postern:grant:${id}`)
  moving = false
  await Promise.all(load)
  for (const token of grants) assert.equal((await refresh(app, token)).status, 200)
  t.diagnostic(`${refreshed} refreshes while 12 slots moved`)
})
