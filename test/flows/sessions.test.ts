import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../src/store/store.ts'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { buildServer } from '../support/server.ts'
import { exchange, introspect, refresh } from '../support/token-client.ts'

test('single sign-on: a second client of the same browser needs no login, only its own consent', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      { client_id: 'two', client_secret: 'x', redirect_uris: ['https://two.example/'], scope: 'email' },
    ],
  })
  const agent = new Agent(app)
  await agent.authorize()
  const page = await agent.get('/oauth/authorize?client_id=two&response_type=code')
  assert.match(page.body, /value="approve"/)
})

test('consent is remembered for that client and scope set until more is asked for', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id: 'two',
        client_secret: 'x',
        redirect_uris: ['https://two.example/'],
        scope: 'email profile',
        default_scope: 'email',
      },
    ],
  })
  const agent = new Agent(app)
  const url = '/oauth/authorize?client_id=two&response_type=code'
  await agent.authorize(url)
  assert.ok(answerOf(await agent.get(url)).get('code'))
  assert.match((await agent.get(`${url}&scope=email+profile`)).body, /value="approve"/)
  assert.match((await agent.get(`${url}&prompt=consent`)).body, /value="approve"/)
})

test('prompt=login asks once: the proof ends the loop, and the same URL from history asks again', async (t) => {
  const { app, clock } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  for (const url of [`${WALK}&prompt=login`, `${WALK}&max_age=0`]) {
    const page = await agent.get(url)
    assert.match(page.body, /name="password"/, url)
    const answer = await agent.login(page)
    assert.ok(answerOf(answer).get('code'), url)
    clock.now += 1
    assert.match((await agent.get(url)).body, /name="password"/, url)
  }
})

test('max_age: an older login asks again, a younger one does not', async (t) => {
  const { app, clock } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  clock.now += 100
  assert.ok(answerOf(await agent.get(`${WALK}&max_age=101`)).get('code'))
  assert.match((await agent.get(`${WALK}&max_age=100`)).body, /name="password"/)
})

test('prompt=select_account shows the account once; another one is a login', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  const url = `${WALK}&prompt=select_account`
  const page = await agent.get(url)
  assert.match(page.body, /Continue as/)
  assert.match(page.body, /href="\/login\?/)
  assert.ok(answerOf(await agent.submit(page, {})).get('code'))
  assert.match((await agent.get(url)).body, /Continue as/)
})

test('a login makes a new session handle and ends the old one (session fixation)', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  const before = new Map(agent.cookies)
  const page = await agent.get('/login')
  await agent.login(page)
  assert.notEqual(agent.cookies.get('postern_session_8000'), before.get('postern_session_8000'))
  assert.equal(agent.cookies.get('postern_browser_8000'), before.get('postern_browser_8000'))
  const old = new Agent(app)
  for (const [name, value] of before) old.cookies.set(name, value)
  assert.match((await old.get(WALK)).body, /name="password"/)
})

test('a session ends after SESSION_TTL, and earlier when it is idle', async (t) => {
  const { app, clock } = await buildServer(t, { env: { SESSION_TTL: '1000', SESSION_IDLE_TTL: '300' } })
  const agent = new Agent(app)
  await agent.authorize()
  for (let used = 0; used < 3; used++) {
    clock.now += 250
    assert.ok(answerOf(await agent.get(WALK)).get('code'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  clock.now += 249
  assert.ok(answerOf(await agent.get(WALK)).get('code'))
  clock.now += 2
  assert.match((await agent.get(WALK)).body, /name="password"/)
  const idle = new Agent(app)
  await idle.authorize()
  clock.now += 301
  assert.match((await idle.get(WALK)).body, /name="password"/)
})

test('logout asks, ends the session, and a form without its token asks again', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  const page = await agent.get('/logout')
  assert.match(page.body, /Log out\?/)
  const stale = await agent.post('/logout', { csrf: 'x' })
  assert.match(stale.body, /Please check and try again/)
  assert.match(stale.body, /Log out\?/)
  assert.ok(answerOf(await agent.get(WALK)).get('code'))
  const done = await agent.submit(page, {})
  assert.match(done.body, /You are logged out/)
  assert.match((await agent.get(WALK)).body, /name="password"/)
})

test('a form is worth nothing on another browser, from another site, for another request, or after an hour', async (t) => {
  const { app, clock } = await buildServer(t)
  const agent = new Agent(app)
  const consent = await agent.login(await agent.get(WALK))
  const csrf = /name="csrf" value="([^"]*)"/.exec(consent.body)?.[1] as string
  const action = WALK.replace('/oauth/authorize', '/consent')
  const isConsentAgain = (body: string) => assert.match(body, /Please check and try again/)

  const other = new Agent(app)
  await other.login(await other.get(WALK))
  isConsentAgain((await other.post(action, { csrf, decision: 'approve' })).body)

  agent.headers = { host: 'localhost:8000', 'sec-fetch-site': 'cross-site' }
  isConsentAgain((await agent.post(action, { csrf, decision: 'approve' })).body)
  agent.headers = { host: 'localhost:8000', 'sec-fetch-site': 'same-site' }
  isConsentAgain((await agent.post(action, { csrf, decision: 'approve' })).body)
  agent.headers = { host: 'localhost:8000' }

  isConsentAgain((await agent.post(`${action}&prompt=consent`, { csrf, decision: 'approve' })).body)
  isConsentAgain((await agent.post(action, { csrf, decision: 'maybe' })).body)
  clock.now += 3601
  isConsentAgain((await agent.post(action, { csrf, decision: 'approve' })).body)
})

test('a disabled person is logged out, and loses their tokens, at the next use', async (t) => {
  const eve = { username: 'eve', password: 'secret-of-eve', sub: 'eve' }
  const { app, store } = await buildServer(t, { users: [eve] })
  const agent = new Agent(app)
  const consent = await agent.login(await agent.get(WALK), 'eve', 'secret-of-eve')
  const code = answerOf(await agent.submit(consent, { decision: 'approve' })).get('code') as string
  const tokens = (await exchange(app, code)).body
  assert.equal((await introspect(app, tokens.access_token)).body.sub, 'eve')

  // The same store and keys under a configuration in which the person is disabled.
  const after = await buildServer(t, { users: [{ ...eve, disabled: true }], store })
  const same = new Agent(after.app)
  for (const [name, value] of agent.cookies) same.cookies.set(name, value)
  assert.match((await same.get(WALK)).body, /name="password"/)
  assert.equal((await same.login(await same.get('/login'), 'eve', 'secret-of-eve')).statusCode, 422)
  assert.deepEqual((await introspect(after.app, tokens.access_token)).body, { active: false })
  assert.equal((await refresh(after.app, tokens.refresh_token)).body.error, 'invalid_grant')
})

test('the signed-in page lists applications with access and takes it away', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  assert.match((await agent.get('/')).body, /Log in to see which apps have access/)
  await agent.authorize()
  const page = await agent.get('/account')
  assert.match(page.body, /Test Client/)
  const after = await agent.submit(page, {})
  assert.match(after.body, /None yet/)
  assert.match((await agent.get(WALK)).body, /value="approve"/)
})

test('a browser that comes by another name is sent to the issuer, once', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  agent.headers = { host: '127.0.0.1:8000' }
  const response = await agent.get(WALK)
  assert.equal(response.headers.location, `http://localhost:8000${WALK}`)
  // Behind a proxy that rewrites Host the browser comes back with the mark: it is served.
  assert.equal((await agent.get(WALK)).statusCode, 200)
})

test('the demo answers only to loopback and to nothing that was proxied: 421', async (t) => {
  const { app } = await buildServer(t, { env: { DEMO_HOSTS: 'postern' } })
  const status = async (headers: Record<string, string>, url = '/healthz') =>
    (await app.inject({ url, headers })).statusCode
  assert.equal(await status({ host: 'localhost:8000' }), 200)
  assert.equal(await status({ host: '[::1]:8000' }), 200)
  assert.equal(await status({ host: 'postern:8000' }), 200)
  for (const headers of [
    { host: 'example.com' },
    { host: '192.168.1.5:8000' },
    { host: 'localhost.evil.com' },
    { host: 'localhost:8000', forwarded: 'for=1.2.3.4' },
    { host: 'localhost:8000', 'x-forwarded-for': '1.2.3.4' },
    { host: 'localhost:8000', 'x-forwarded-proto': 'https' },
  ]) {
    for (const url of ['/healthz', '/', '/oauth/tokenize', '/nothing']) {
      assert.equal(
        await status(headers as unknown as Record<string, string>, url),
        421,
        JSON.stringify([headers, url]),
      )
    }
  }
})

test('a logout that the store does not take can be repeated: until then the session is there', async (t) => {
  const store = new FaultyMemoryStore()
  store.vague = false
  const { app } = await buildServer(t, { store })
  const agent = new Agent(app)
  const { body } = await exchange(app, (await agent.authorize()).get('code') as string)
  const page = await agent.get('/logout')
  store.fault = ({ verb, kind }) => (verb === 'delete' && kind === 'grant' ? 'before' : 'none')
  assert.equal((await agent.submit(page, {})).statusCode, 503)
  store.fault = () => 'none'
  assert.equal((await introspect(app, body.access_token)).body.active, true)
  assert.match((await agent.submit(page, {})).body, /You are logged out/)
  assert.equal((await introspect(app, body.access_token)).body.active, false)
})

test('a logout whose last look fails ends the login all the same, and the log says what may be left', async (t) => {
  const store = new FaultyMemoryStore()
  store.vague = false
  const { app, log } = await buildServer(t, { store })
  const agent = new Agent(app)
  await agent.authorize()
  const page = await agent.get('/logout')
  const list = store.list.bind(store)
  let looks = 0
  store.list = async (...parameters) => {
    if (++looks === 3) throw new StoreUnavailable('injected')
    return list(...parameters)
  }
  assert.match((await agent.submit(page, {})).body, /You are logged out/)
  assert.match(String(log.find(({ event }) => event === 'logout')?.reason), /may be left/)
  assert.equal(log.filter(({ event }) => event === 'grant_revoked').length, 1)
})
