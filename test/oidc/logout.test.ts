import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import type { ClientEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { Agent } from '../support/browser-agent.ts'
import {
  AUTHORIZATION,
  authorize,
  exchange,
  oidcServer,
  RP,
  refresh,
  request,
  tokens,
  verified,
} from '../support/oidc.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { introspect } from '../support/token-client.ts'

const BYE = 'https://rp.example/bye'
const logout = (parameters: Record<string, string> = {}) => `/oauth/logout?${new URLSearchParams(parameters)}`

/** A browser where Alice is logged in, with the tokens of it. */
async function loggedIn(t: Parameters<typeof oidcServer>[0], rp: Partial<ClientEntry> = {}, more = {}) {
  const server = await oidcServer(t, more, rp)
  const agent = new Agent(server.app)
  return { ...server, agent, tokens: await tokens(server.app, {}, agent) }
}

async function isLoggedIn(agent: Agent): Promise<boolean> {
  const answer = await agent.get(request({ prompt: 'none' }))
  const url = new URL(String(answer.headers.location))
  assert.ok(url.searchParams.get('code') ?? url.searchParams.get('error') === 'login_required', url.href)
  return url.searchParams.has('code')
}

const asks = (page: { statusCode: number; body: string }) => {
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /Log out\?/)
}

test('oidcc-rp-initiated-logout: the hint proves the login; nobody is asked, and the state comes back', async (t) => {
  const { agent, app, log, tokens: given } = await loggedIn(t)
  const url = logout({ id_token_hint: given.id_token, post_logout_redirect_uri: BYE, state: 'a b&c' })
  const answer = await agent.get(url)
  assert.equal(answer.statusCode, 303)
  assert.equal(answer.headers.location, `${BYE}?state=a%20b%26c`)
  assert.equal(await isLoggedIn(agent), false)
  assert.deepEqual((await refresh(app, given.refresh_token)).body.error, 'invalid_grant')
  assert.equal((await introspect(app, given.access_token, AUTHORIZATION)).body.active, false)
  assert.ok(log.some((line) => line.event === 'logout' && line.sub === 'sub-alice'))
  assert.ok(log.some((line) => line.event === 'grant_revoked' && line.reason === 'logout'))
  assert.ok(!JSON.stringify(log).includes(given.id_token))
})

test('oidcc-rp-initiated-logout-no-state', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  const answer = await agent.get(logout({ id_token_hint: given.id_token, post_logout_redirect_uri: BYE }))
  assert.equal(answer.headers.location, BYE)
})

test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri: it ends on our own page', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  const page = await agent.follow(await agent.get(logout({ id_token_hint: given.id_token, state: 'x' })))
  assert.match(page.body, /You are logged out/)
  assert.equal(await isLoggedIn(agent), false)
})

test('oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state: the person is asked', async (t) => {
  for (const parameters of [{}, { state: 'x' }] as Record<string, string>[]) {
    const { agent } = await loggedIn(t)
    const page = await agent.get(logout(parameters))
    asks(page)
    assert.equal(await isLoggedIn(agent), true, 'asking changes nothing')
    assert.match((await agent.submit(page, {})).body, /You are logged out/)
    assert.equal(await isLoggedIn(agent), false)
  }
})

test('oidcc-rp-initiated-logout-no-id-token-hint: asked, then sent back', async (t) => {
  const { agent } = await loggedIn(t)
  const page = await agent.get(logout({ client_id: 'rp', post_logout_redirect_uri: BYE, state: 'x' }))
  asks(page)
  const answer = await agent.submit(page, {})
  assert.equal(answer.headers.location, `${BYE}?state=x`)
  assert.equal(await isLoggedIn(agent), false)
})

test('a hint that proves nothing is as good as none: the person is asked; back only where client_id says whose it is', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  const hint = { id_token_hint: `${given.id_token}x` }
  asks(await agent.get(logout(hint)))
  const page = await agent.get(logout({ ...hint, client_id: 'rp', post_logout_redirect_uri: BYE }))
  asks(page)
  assert.equal(await isLoggedIn(agent), true)
  assert.equal((await agent.submit(page, {})).headers.location, BYE)
  assert.equal(await isLoggedIn(agent), false)
})

test('a hint verifies as long as its login can live, over a rotation of the signing keys', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-keys-')), 'keys.json')
  const env = { SIGNING_KEYS_FILE: path, KEY_ROTATION: '1' }
  const { agent, app, clock, tokens: given } = await loggedIn(t, {}, { env })
  const kids = async () =>
    (await app.inject({ url: '/oauth/jwks', headers: { host: 'localhost:8000' } })).json().keys.length
  clock.now += 86_400 - 60
  await agent.login(await agent.get('/login'), 'alice', 'wonderland')
  const { id_token } = await tokens(app, {}, agent)
  assert.equal(decodeProtectedHeader(id_token).kid, decodeProtectedHeader(given.id_token).kid)
  // Used every two hours, until the last minute of SESSION_TTL.
  for (let hours = 0; hours < 12; hours += 2) {
    assert.ok((await kids()) >= 2, 'rotated')
    clock.now += 7199
    assert.equal(await isLoggedIn(agent), true)
  }
  await kids()
  const answer = await agent.get(logout({ id_token_hint: id_token, post_logout_redirect_uri: BYE }))
  assert.equal(answer.headers.location, BYE)
  assert.equal(await isLoggedIn(agent), false)
})

test('a hint that has expired is fine (§2)', async (t) => {
  const { agent, app, clock, tokens: given } = await loggedIn(t)
  clock.now += 5400
  await assert.rejects(verified(app, given.id_token, { now: clock.now }), { code: 'ERR_JWT_EXPIRED' })
  const answer = await agent.get(logout({ id_token_hint: given.id_token, post_logout_redirect_uri: BYE }))
  assert.equal(answer.headers.location, BYE)
  assert.equal(await isLoggedIn(agent), false)
})

test('a hint of another login proves nothing: the person is asked', async (t) => {
  const { agent, app } = await loggedIn(t)
  const elsewhere = await tokens(app)
  const page = await agent.get(logout({ id_token_hint: elsewhere.id_token, post_logout_redirect_uri: BYE }))
  asks(page)
  assert.equal(await isLoggedIn(agent), true)
})

test('without a login there is nothing to ask: back at once, or the page that says so', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const back = await agent.get(logout({ client_id: 'rp', post_logout_redirect_uri: BYE, state: 'x' }))
  assert.equal(back.headers.location, `${BYE}?state=x`)
  assert.match((await agent.get(logout())).body, /You are logged out/)
})

test('POST /oauth/logout reads no cookie: it turns into the GET; a form of another site at /logout does nothing', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  agent.headers = { host: 'localhost:8000', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const form = { id_token_hint: given.id_token, post_logout_redirect_uri: BYE }
  const posted = await agent.post('/oauth/logout', form)
  assert.equal(posted.statusCode, 303)
  assert.equal(String(posted.headers.location).split('?')[0], '/oauth/logout')
  const forged = await agent.post('/logout', { csrf: 'x' })
  assert.equal(forged.statusCode, 403)
  agent.headers = { host: 'localhost:8000' }
  assert.equal(await isLoggedIn(agent), true)
  assert.equal((await agent.follow(posted)).headers.location, BYE)
  assert.equal(await isLoggedIn(agent), false)
})

test('offline_access outlives the logout, and its next login is not the old one (Core §11)', async (t) => {
  const { agent, app, tokens: bound } = await loggedIn(t)
  const page = await agent.follow(await agent.get(request({ scope: 'openid offline_access' })))
  assert.match(page.body, /after you log out/)
  const { parameters } = await authorize(agent, { scope: 'openid offline_access' })
  const { body: offline } = await exchange(app, parameters.get('code') ?? '')
  await agent.submit(await agent.get(logout()), {})
  assert.equal((await refresh(app, bound.refresh_token)).status, 400)
  const { status, body } = await refresh(app, offline.refresh_token)
  assert.equal(status, 200)
  assert.equal((await verified(app, body.id_token)).sub, 'sub-alice')
  assert.equal(await isLoggedIn(agent), false)
})

test('a code that waits dies with the login', async (t) => {
  const { agent, app } = await loggedIn(t)
  const { parameters } = await authorize(agent)
  await agent.submit(await agent.get(logout()), {})
  const late = await exchange(app, parameters.get('code') ?? '')
  assert.deepEqual([late.status, late.body.error], [400, 'invalid_grant'])
})

test("somebody else's login in this browser ends the former one's", async (t) => {
  const { agent, app, tokens: given } = await loggedIn(t)
  await agent.login(await agent.get('/login'))
  assert.equal((await refresh(app, given.refresh_token)).status, 400)
  assert.equal((await introspect(app, given.access_token, AUTHORIZATION)).body.active, false)
})

async function onAnotherNode(t: Parameters<typeof oidcServer>[0], open: () => Store | Promise<Store>) {
  const [one, other] = [
    await oidcServer(t, { store: await open(), storeClock: true }),
    await oidcServer(t, { store: await open(), storeClock: true }),
  ]
  const here = new Agent(one.app)
  const given = await tokens(one.app, {}, here)
  const there = new Agent(other.app)
  for (const [name, value] of here.cookies) there.cookies.set(name, value)
  assert.equal(await isLoggedIn(there), true)
  const answer = await there.get(logout({ id_token_hint: given.id_token, post_logout_redirect_uri: BYE }))
  assert.equal(answer.headers.location, BYE, 'keys are shared: the hint verifies there')
  assert.equal(await isLoggedIn(here), false)
  assert.equal((await refresh(one.app, given.refresh_token)).status, 400)
  assert.equal((await introspect(one.app, given.access_token, AUTHORIZATION)).body.active, false)
}

test('a logout on another node of one store', async (t) => {
  const store = new MemoryStore()
  await onAnotherNode(t, () => store)
})

test('a logout on another node, with Redis', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  await onAnotherNode(t, () => openRedis(redis.url))
})

test('oidcc-frontchannel-rp-initiated-logout: the page loads every client that asks for it, then goes on', async (t) => {
  const frames = {
    frontchannel_logout_uri: 'https://rp.example/front?a=b',
    frontchannel_logout_session_required: true,
  }
  const { agent, app, tokens: given } = await loggedIn(t, frames)
  const { sid } = await verified(app, given.id_token)
  const url = logout({ id_token_hint: given.id_token, post_logout_redirect_uri: BYE, state: 'x' })
  const page = await agent.get(url)
  assert.equal(page.statusCode, 200)
  const source = /<iframe[^>]*src="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  assert.ok(source.startsWith('https://rp.example/front?a=b&'))
  const { searchParams } = new URL(source)
  assert.deepEqual([searchParams.get('iss'), searchParams.get('sid')], ['http://localhost:8000', sid])
  assert.match(String(page.headers['content-security-policy']), /frame-src https:\/\/rp\.example(;|$)/)
  assert.equal(page.headers.refresh, `3;url=${BYE}?state=x`)
  assert.match(page.body, /href="https:\/\/rp\.example\/bye\?state=x"/)
  assert.equal(await isLoggedIn(agent), false)
})

test('a client that this login never went to is not loaded', async (t) => {
  const clients = [{ ...RP, client_id: 'other', frontchannel_logout_uri: 'https://other.example/front' }]
  const { agent } = await loggedIn(t, {}, { clients })
  const page = await agent.submit(await agent.get(logout()), {})
  assert.match(page.body, /You are logged out/)
  assert.ok(!page.body.includes('iframe'))
})

test("a client's URL adds its origin to the policy of a page, and nothing else", async (t) => {
  const rp = {
    logo_uri: 'https://a;script-src.https/x.png',
    frontchannel_logout_uri: "https://a,default-src.*;b'c/",
  }
  const { agent } = await loggedIn(t, rp)
  const consent = await agent.get(request({ prompt: 'consent' }))
  const out = await agent.submit(await agent.get(logout()), {})
  for (const page of [consent, out]) {
    const policy = String(page.headers['content-security-policy'])
    assert.ok(policy.startsWith("default-src 'none'; "), policy)
    assert.ok(!/[,*]|script-src|default-src\.|'c/.test(policy), policy)
  }
})

test('where a logout may send the browser is checked as a redirect URI is', async (t) => {
  for (const uri of [
    'http://rp.example/',
    'javascript:alert(1)',
    'https://b\u00fccher.example/',
    'https://rp.example/#x',
    '/bye',
  ])
    await assert.rejects(
      oidcServer(t, {}, { post_logout_redirect_uris: [uri] }),
      /post_logout_redirect_uris\/0/,
      uri,
    )
  for (const uri of ['ftp://rp.example/', 'https://rp.example/#x', 'https://b\u00fccher.example/', 'nowhere'])
    await assert.rejects(oidcServer(t, {}, { backchannel_logout_uri: uri }), /backchannel_logout_uri/, uri)
})

test('where a logout is told to is https; http for the back channel in a private network, for a frame on loopback', async (t) => {
  const wrong = [
    'https://:pw@rp.example/',
    'https://name@rp.example/',
    'ftp://rp.example/',
    'https://rp.example/#x',
  ]
  for (const uri of wrong) {
    await assert.rejects(oidcServer(t, {}, { backchannel_logout_uri: uri }), /must be an https URL/, uri)
    await assert.rejects(oidcServer(t, {}, { frontchannel_logout_uri: uri }), /must be an https URL/, uri)
  }
  const plain = { backchannel_logout_uri: 'http://rp.internal/out' }
  await assert.rejects(
    oidcServer(t, {}, plain),
    /backchannel_logout_uri \(client rp\): is http .* ALLOW_PRIVATE_ADDRESSES is false/,
  )
  await oidcServer(t, { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } }, plain)
  const frame = (uri: string) => oidcServer(t, {}, { frontchannel_logout_uri: uri })
  await assert.rejects(frame('http://rp.example/out'), /frontchannel_logout_uri .*loopback/)
  await frame('http://localhost:3000/out')
})
