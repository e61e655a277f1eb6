import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVENTS } from '../../src/events/events.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer, KEY } from '../support/server.ts'
import { basic, direct, exchange, introspect, refresh } from '../support/token-client.ts'

test('no secret, code, token, password, cookie or form token is ever logged, over whole flows and their failures', async (t) => {
  const { app, log } = await buildServer(t)
  const secrets = new Set([
    KEY,
    'wrong-password-typed',
    'wrong-secret-sent',
    'hint-that-may-be-secret',
    'somestate',
  ])
  const agent = new Agent(app)
  const page = await agent.get(`${WALK}&login_hint=hint-that-may-be-secret`)
  await agent.login(page, 'wrong-password-typed', 'wrong-password-typed')
  const consent = await agent.login(page)
  secrets.add(/name="csrf" value="([^"]*)"/.exec(consent.body)?.[1] as string)
  const answer = await agent.submit(consent, { decision: 'approve' })
  const code = new URL(String(answer.headers.location)).searchParams.get('code') as string
  secrets.add(code)
  for (const cookie of agent.cookies.values()) secrets.add(cookie)
  const tokens = (await exchange(app, code)).body
  const next = (await refresh(app, tokens.refresh_token)).body
  for (const token of [tokens.access_token, tokens.refresh_token, next.access_token, next.refresh_token])
    secrets.add(token)
  await introspect(app, next.access_token)
  await direct(app, { token: next.access_token }, { url: '/oauth/revoke' })
  await direct(
    app,
    { grant_type: 'refresh_token' },
    { authorization: basic('test_client', 'wrong-secret-sent') },
  )
  await direct(
    app,
    { grant_type: 'x', client_id: 'test_client', client_secret: 'wrong-secret-sent' },
    { authorization: '' },
  )
  await exchange(app, code)
  await refresh(app, tokens.refresh_token)
  await agent.get(`/nothing?code=${code}`)
  await agent.get(`${WALK}&redirect_uri=x&code=${code}`)
  await agent.submit(await agent.get('/logout'), {})
  await app.inject({ url: `/%zz?code=${code}`, headers: { host: 'localhost' } })

  const text = JSON.stringify(log)
  for (const secret of secrets) assert.ok(!text.includes(secret), `the log has ${secret}`)
  assert.ok(!text.includes('example.com'), 'no URL is logged')
  assert.ok(!text.includes(Buffer.from('test_client:password').toString('base64')))
  const seen = new Set(log.map((line) => line.event).filter(Boolean))
  for (const event of [
    'login_failed',
    'login',
    'consent_granted',
    'code_issued',
    'token_issued',
    'code_reuse_detected',
    'logout',
  ]) {
    assert.ok(seen.has(event), `${event} was not logged`)
  }
  for (const event of seen) assert.ok(String(event) in EVENTS)
})

test('one line a request: the route pattern, the status, the time, the request id that its events carry', async (t) => {
  const { app, log } = await buildServer(t)
  await exchange(app, 'x')
  await new Agent(app).authorize()
  const requests = log.filter((line) => line.msg === 'request')
  assert.equal(requests[0]?.route, '/oauth/tokenize')
  assert.deepEqual(Object.keys(requests[0] ?? {}), [
    'level',
    'time',
    'req',
    'method',
    'route',
    'status',
    'ms',
    'ip',
    'msg',
  ])
  for (const event of log.filter((line) => line.event)) {
    assert.equal(requests.filter((line) => line.req === event.req).length, 1)
  }
})

test('an unexpected error is logged with its stack and answered without a word of it', async (t) => {
  const { app, log, store } = await buildServer(t)
  store.read = async () => {
    throw new TypeError('inner workings')
  }
  const reply = await introspect(
    app,
    (await import('../../src/tokens/layouts.ts')).makeRefreshToken(
      new (await import('../../src/secrets/keys.ts')).Keys([KEY]),
      { grant_id: 'AAAAAAAAAAAAAAAAAAAAAA', generation: 0 },
    ),
  )
  assert.equal(reply.status, 500)
  assert.equal(reply.body.error, 'server_error')
  assert.doesNotMatch(JSON.stringify(reply.body), /inner workings|TypeError/)
  assert.ok(log.some((line) => line.msg === 'unexpected error'))
})

test('a store that is down: 503 temporarily_unavailable with Retry-After, a page for people, readyz says so', async (t) => {
  const { FaultyMemoryStore } = await import('../support/faulty-store.ts')
  const store = new FaultyMemoryStore()
  const { app } = await buildServer(t, { store })
  const agent = new Agent(app)
  await agent.login(await agent.get(WALK))
  store.fault = () => 'before'
  const page = await agent.get(WALK)
  assert.equal(page.statusCode, 503)
  assert.ok(page.headers['retry-after'])
  assert.match(page.body, /Please try again/)
  // Its button leads to where the person was.
  assert.ok(page.body.includes(`href="${WALK.replaceAll('&', '&amp;')}">Try again`), page.body)
  store.fault = () => 'none'
  assert.match((await agent.get(WALK)).body, /value="approve"/)
  store.ping = async () => {
    throw new Error('down')
  }
  assert.equal((await app.inject({ url: '/readyz', headers: { host: 'localhost' } })).statusCode, 503)
  assert.equal((await app.inject({ url: '/healthz', headers: { host: 'localhost' } })).statusCode, 200)
})
