import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../src/store/store.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { answering, openRedis, redisStore } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct, exchange, freshTokens, introspect, refresh } from '../support/token-client.ts'

// Seconds: the default, for what has to end by it.
const DEADLINE = { REDIS_TIMEOUT: '1' }
const HOST = { host: 'localhost:8000' }
const SERVICE = { client_id: 'svc', client_secret: 'password', grant_types: ['client_credentials' as const] }

function assertTryAgain({ status, body, headers }: Awaited<ReturnType<typeof refresh>>) {
  assert.equal(status, 503)
  assert.equal(body.error, 'temporarily_unavailable')
  assert.ok(Number(headers['retry-after']) > 0)
}

test('down at start: the server starts, says so, and recovers by itself when Redis comes', async (t) => {
  const port = await freePort()
  const store = redisStore(`redis://127.0.0.1:${port}`, { env: DEADLINE })
  const { app } = await buildServer(t, { store, clients: [SERVICE] })
  const ready = () => app.inject({ url: '/readyz', headers: HOST })
  assert.equal((await ready()).statusCode, 503)
  assert.equal((await app.inject({ url: '/healthz', headers: HOST })).statusCode, 200)
  // What needs no store is served all the time.
  const authorization = basic('svc', 'password')
  const service = await direct(app, { grant_type: 'client_credentials' }, { authorization })
  assert.equal(service.status, 200)
  assertTryAgain(await introspect(app, service.body.access_token, authorization))

  const redis = new RedisServer(port, [])
  t.after(() => redis.remove())
  await redis.start()
  await answering(store)
  assert.equal((await ready()).statusCode, 200)
  assert.equal((await introspect(app, service.body.access_token, authorization)).body.active, true)
})

test('down in mid-flow: a page says to try again, and reload goes on where the person was', async (t) => {
  const redis = await RedisServer.start('--appendonly', 'yes')
  t.after(() => redis.remove())
  const store = await openRedis(redis.url, { env: DEADLINE })
  const { app } = await buildServer(t, { store })
  const agent = new Agent(app)
  const consent = await agent.login(await agent.get(WALK))
  assert.match(consent.body, /value="approve"/)

  await redis.stop()
  const failed = await agent.submit(consent, { decision: 'approve' })
  assert.equal(failed.statusCode, 503)
  assert.match(failed.body, /Please try again/)
  assert.equal((await agent.get(WALK)).statusCode, 503)

  await redis.start()
  await answering(store)
  const again = await agent.get(WALK)
  assert.match(again.body, /value="approve"/, 'still logged in, at the same step')
  const code = answerOf(await agent.submit(again, { decision: 'approve' })).get('code')
  assert.equal((await exchange(app, String(code))).status, 200)
})

test('frozen: every request ends within the deadline with 503, and goes on when Redis does', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const store = await openRedis(redis.url, { env: DEADLINE })
  const { app } = await buildServer(t, { store })
  const tokens = await freshTokens(app)
  redis.signal('SIGSTOP')
  // All of them while Redis is still frozen.
  const answers = await Promise.all(Array.from({ length: 200 }, () => refresh(app, tokens.refresh_token)))
  for (const answer of answers) assertTryAgain(answer)
  redis.signal('SIGCONT')
  await answering(store)
  assert.equal((await refresh(app, tokens.refresh_token)).status, 200)
})

test('the queue is bounded: past its limit a command is refused at once', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const store = await openRedis(redis.url, { env: DEADLINE })
  t.after(() => store.close())
  redis.signal('SIGSTOP')
  const reads = Array.from({ length: 10_100 }, () =>
    store.read('grant', 'x', 0).then(
      () => 'answered',
      (error: Error) => {
        assert.ok(error instanceof StoreUnavailable)
        return error.message
      },
    ),
  )
  const first = await Promise.race(reads)
  assert.match(first, /too many commands/)
  const refused = (await Promise.all(reads)).filter((message) => message.includes('too many commands'))
  assert.equal(refused.length, 100)
})
