import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { Agent, WALK } from '../support/browser-agent.ts'
import { post, startProcesses } from '../support/processes.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { freshCode, REDIRECT } from '../support/token-client.ts'

const CALLERS = 50
// Seconds: fifty refreshes come within it on the busiest machine.
const GRACE = 60
// Rotations that the grace remembers.
const REMEMBERED = 8

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())

/** The processes, and the same server in this process: its pages are posted without a browser. */
async function many(t: TestContext, count: number) {
  const env = { REFRESH_TOKEN_GRACE: String(GRACE) }
  const origins = await startProcesses(t, { count, redis: redis.url, env })
  const { app } = await buildServer(t, { store: await openRedis(redis.url), storeClock: true, env })
  const spread = <A>(call: (origin: string) => Promise<A>) =>
    Promise.all(Array.from({ length: CALLERS }, (_, at) => call(origins[at % count] as string)))
  return { origins, app, spread }
}

for (const count of [2, 4]) {
  test(`${count} processes: of ${CALLERS} redemptions of one code one is answered, and the replays revoke it`, async (t) => {
    const { origins, app, spread } = await many(t, count)
    for (let round = 0; round < 5; round++) {
      const code = await freshCode(app)
      const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }
      const answers = await spread((origin) => post(origin, '/oauth/tokenize', form))
      const [winner, ...more] = answers.filter(({ status }) => status === 200)
      assert.deepEqual(more, [])
      const others = answers.filter(({ status }) => status !== 200)
      assert.ok(others.every(({ body }) => body.error === 'invalid_grant'))
      const token = winner?.body.access_token
      for (const origin of origins) {
        assert.deepEqual((await post(origin, '/oauth/introspect', { token })).body, { active: false })
      }
    }
  })

  test(`${count} processes: ${CALLERS} refreshes of one token give one successor; beyond what the grace remembers it is reuse`, async (t) => {
    const { origins, app, spread } = await many(t, count)
    const [first, second] = [origins[0] as string, origins[1] as string]
    const code = await freshCode(app)
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }
    const old = (await post(first, '/oauth/tokenize', exchange)).body.refresh_token
    const refresh = (refresh_token: string) => (origin: string) =>
      post(origin, '/oauth/tokenize', { grant_type: 'refresh_token', refresh_token })
    const answers = await spread(refresh(old))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
    let token = answers[0]?.body.refresh_token
    for (let rotation = 0; rotation < REMEMBERED; rotation++) {
      const next = await refresh(token)(origins[rotation % count] as string)
      assert.equal(next.status, 200)
      token = next.body.refresh_token
    }
    assert.equal((await refresh(old)(first)).body.error, 'invalid_grant')
    assert.equal((await post(second, '/oauth/introspect', { token })).body.active, false)
  })
}

test('a person is logged in, and out, at all processes at once', async (t) => {
  const { app: here } = await many(t, 2)
  const { app: there } = await buildServer(t, { store: await openRedis(redis.url), storeClock: true })
  const agent = new Agent(here)
  await agent.authorize(WALK)
  const elsewhere = new Agent(there)
  for (const [name, value] of agent.cookies) elsewhere.cookies.set(name, value)
  assert.equal((await elsewhere.get(WALK)).statusCode, 303, 'single sign-on, and the consent is remembered')
  await agent.submit(await agent.get('/logout'), {})
  assert.match((await elsewhere.get(WALK)).body, /name="password"/)
})
