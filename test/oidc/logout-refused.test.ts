import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent } from '../support/browser-agent.ts'
import { authorize, ISSUER, oidcServer, RP, request, tokens, verified } from '../support/oidc.ts'

const BYE = 'https://rp.example/bye'
const OTHER: ClientEntry = {
  ...RP,
  client_id: 'other',
  redirect_uris: ['https://other.example/cb'],
  post_logout_redirect_uris: ['https://other.example/bye'],
}
type Query = Record<string, string> | [string, string][]
const logout = (query: Query = {}) => `/oauth/logout?${new URLSearchParams(query)}`

/** A browser where Alice is logged in, with the tokens of it. */
async function loggedIn(t: Parameters<typeof oidcServer>[0], rp: Partial<ClientEntry> = {}, more = {}) {
  const server = await oidcServer(t, { clients: [OTHER], ...more }, rp)
  const agent = new Agent(server.app)
  return { ...server, agent, tokens: await tokens(server.app, {}, agent) }
}

type Page = Awaited<ReturnType<Agent['get']>>

async function isLoggedIn(agent: Agent): Promise<boolean> {
  const { location } = (await agent.get(request({ prompt: 'none' }))).headers
  return new URL(String(location)).searchParams.has('code')
}

/** The parameters that a page says were refused. */
function refusedOn({ body }: Page): string[] {
  const [reference = ''] = /<p class="reference">.*<\/p>/.exec(body) ?? []
  return [...reference.matchAll(/<code>([a-z_]+)<\/code>/g)].map(([, name]) => name as string)
}

function asksOnly(page: Page, ...refused: string[]): void {
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /Log out\?/)
  assert.doesNotMatch(page.body, /You will stay here afterwards/)
  assert.deepEqual(refusedOn(page), refused)
}

function asks(page: Page, ...refused: string[]): void {
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /Log out\?/)
  assert.match(page.body, /You will stay here afterwards/)
  assert.deepEqual(refusedOn(page), refused)
}

function toldLoggedOut(page: Page, ...refused: string[]): void {
  assert.equal(page.statusCode, 200)
  assert.equal(page.headers.location, undefined)
  assert.equal(page.headers.refresh, undefined)
  assert.match(page.body, /You are logged out/)
  assert.match(page.body, /You were not sent back/)
  assert.doesNotMatch(page.body, /<a href="(?!\/)|<form/, 'no way to anywhere but here')
  assert.deepEqual(refusedOn(page), refused)
}

const UNREGISTERED = [
  'https://evil.example/',
  `${BYE}?x=1`,
  `${BYE}/`,
  `${BYE}#x`,
  'HTTPS://rp.example/bye',
  'https://rp.example:443/bye',
  'https://rp.example/%62ye',
  'https://rp.example/x/../bye',
  'https://rp.example@evil.example/bye',
  '//evil.example/',
  '/\\evil.example',
  '/login',
  'javascript:alert(1)',
  'data:text/html,x',
  ` ${BYE}`,
  `${BYE}\r\nx: y`,
  '"><script>alert(1)</script>',
]

test('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri: dropped; with a hint of this login the person is logged out, and told', async (t) => {
  const { agent, app, log } = await loggedIn(t)
  for (const uri of UNREGISTERED) {
    const { id_token } = await tokens(app, {}, agent)
    log.length = 0
    const page = await agent.get(
      logout({ id_token_hint: id_token, post_logout_redirect_uri: uri, state: 'x' }),
    )
    toldLoggedOut(page, 'post_logout_redirect_uri')
    assert.equal(await isLoggedIn(agent), false, uri)
    const line = log.find(({ msg }) => msg === 'request refused')
    assert.match(
      String(line?.reason),
      /^post_logout_redirect_uri: it is not one of https:\/\/rp\.example\/bye$/,
    )
    assert.equal(line?.client_id, 'rp')
    assert.ok(page.body.includes(`Reference <code>${line?.req}</code>`))
    assert.ok(!page.body.includes('evil') && !page.body.includes('alert'), 'nothing of it is on the page')
  }
})

test('an address whose client is not proven is dropped: the person is asked, told before and after', async (t) => {
  for (const [query, ...refused] of [
    [{ post_logout_redirect_uri: BYE }, 'post_logout_redirect_uri'],
    [{ client_id: 'rp', post_logout_redirect_uri: 'https://evil.example/' }, 'post_logout_redirect_uri'],
    [{ client_id: 'nobody', post_logout_redirect_uri: BYE }, 'client_id', 'post_logout_redirect_uri'],
    [{ client_id: 'other', post_logout_redirect_uri: BYE }, 'post_logout_redirect_uri'],
    [{ id_token_hint: 'bad', post_logout_redirect_uri: BYE }, 'id_token_hint', 'post_logout_redirect_uri'],
  ] as [Record<string, string>, ...string[]][]) {
    const { agent, log } = await loggedIn(t)
    const page = await agent.get(logout({ ...query, state: 'x' }))
    asks(page, ...refused)
    assert.equal(await isLoggedIn(agent), true, 'asking changes nothing')
    const reasons = log.filter(({ msg }) => msg === 'request refused').map(({ reason }) => String(reason))
    assert.deepEqual(reasons.map((reason) => reason.split(':')[0]).slice(0, refused.length), refused)
    toldLoggedOut(await agent.submit(page, {}), ...refused)
    assert.equal(await isLoggedIn(agent), false)
    // Nobody is logged in now: there is nothing to ask, and still no way to the address.
    toldLoggedOut(await agent.get(logout(query)), ...refused)
  }
})

test('oidcc-rp-initiated-logout-bad-id-token-hint, oidcc-rp-initiated-logout-modified-id-token-hint: no hint; the person is asked', async (t) => {
  const { agent, app, tokens: given } = await loggedIn(t, { access_token_format: 'jwt' })
  const [head, , signature] = given.id_token.split('.')
  const claims = await verified(app, given.id_token)
  const payload = (more: object) => Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url')
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  for (const hint of [
    'bad',
    'a.b.c',
    `${head}.${payload({ sub: 'admin' })}.${signature}`,
    `${unsigned}.${payload({})}.`,
    given.access_token,
    given.refresh_token,
    agent.cookies.get('postern_session_8000') ?? '',
    given.id_token.slice(0, -20),
    'x'.repeat(5000),
  ]) {
    asksOnly(await agent.get(logout({ id_token_hint: hint })), 'id_token_hint')
    const page = await agent.get(logout({ id_token_hint: hint, post_logout_redirect_uri: BYE }))
    asks(page, 'id_token_hint', 'post_logout_redirect_uri')
    assert.equal(await isLoggedIn(agent), true)
  }
})

test('a client_id that contradicts the hint (§2): neither is believed, so nobody is logged out unasked, or sent on', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  for (const uri of [BYE, 'https://other.example/bye'])
    for (const client_id of ['other', 'test_client', 'nobody', 'RP', 'rp ']) {
      const query = { id_token_hint: given.id_token, client_id, post_logout_redirect_uri: uri }
      const page = await agent.get(logout(query))
      asks(page, 'client_id', 'post_logout_redirect_uri')
      assert.equal(await isLoggedIn(agent), true)
    }
  const page = await agent.get(logout({ id_token_hint: given.id_token, client_id: 'other' }))
  asksOnly(page, 'client_id')
  toldSimply(await agent.submit(page, {}), 'client_id')
  assert.equal(await isLoggedIn(agent), false)
})

function toldSimply(page: Page, ...refused: string[]): void {
  assert.match(page.body, /You are logged out/)
  assert.equal(page.headers.location, undefined)
  assert.doesNotMatch(page.body, /not sent back/, 'nobody asked for an address')
  assert.deepEqual(refusedOn(page), refused)
}

test('a hint whose client is unknown here is believed by nobody: the person is asked', async (t) => {
  const store = new MemoryStore()
  const env = { SIGNING_KEYS_FILE: join(mkdtempSync(join(tmpdir(), 'postern-keys-')), 'keys.json') }
  const { agent, tokens: given } = await loggedIn(t, {}, { store, env })
  const here = await oidcServer(t, { store, env, clients: [OTHER] }, { client_id: 'renamed' })
  const there = new Agent(here.app)
  for (const [name, value] of agent.cookies) there.cookies.set(name, value)
  const hint = { id_token_hint: given.id_token, post_logout_redirect_uri: BYE }
  asks(await there.get(logout(hint)), 'id_token_hint', 'post_logout_redirect_uri')
  assert.ok(here.log.some(({ reason }) => reason === 'id_token_hint: its client is unknown here'))
  assert.equal(await isLoggedIn(agent), true)
  assert.equal((await agent.get(logout(hint))).headers.location, BYE)
})

test('a repeated parameter counts as none: nobody knows which was meant', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  const hint: [string, string] = ['id_token_hint', given.id_token]
  const bye: [string, string] = ['post_logout_redirect_uri', BYE]
  asks(await agent.get(logout([hint, hint, bye])), 'id_token_hint', 'post_logout_redirect_uri')
  asks(
    await agent.get(logout([hint, ['client_id', 'rp'], ['client_id', 'rp'], bye])),
    'client_id',
    'post_logout_redirect_uri',
  )
  asks(await agent.get(logout([['client_id', 'rp'], bye, bye])), 'post_logout_redirect_uri')
  asks(await agent.get(logout([['client_id', 'rp'], bye, ['state', 'a'], ['state', 'b']])), 'state')
  assert.equal(await isLoggedIn(agent), true)
  toldLoggedOut(
    await agent.get(logout([hint, bye, ['post_logout_redirect_uri', 'https://evil.example/']])),
    'post_logout_redirect_uri',
  )
  assert.equal(await isLoggedIn(agent), false)
})

test('the state comes back as it was, whatever is in it, and only with the address', async (t) => {
  const { app } = await oidcServer(t, {}, { post_logout_redirect_uris: [BYE, `${BYE}?a=b`] })
  const agent = new Agent(app)
  for (const state of [
    'a b',
    'a+b',
    'a&state=c',
    '%20',
    'ü✓',
    '#x',
    '\r\nset-cookie: x=y',
    '="><',
    "'*()!~",
  ]) {
    for (const uri of [BYE, `${BYE}?a=b`]) {
      const query = { client_id: 'rp', post_logout_redirect_uri: uri, state }
      const location = String((await agent.get(logout(query))).headers.location)
      assert.ok(location.startsWith(uri))
      assert.doesNotMatch(location, /[+\s#"<]/)
      assert.deepEqual(new URL(location).searchParams.getAll('state'), [state])
    }
  }
  const page = await agent.get(logout({ client_id: 'rp', state: 'only' }))
  assert.ok(!page.body.includes('only'))
})

/** What `POST /oauth/logout` leads to: the query of the GET. */
async function posted(agent: Agent, form: Query) {
  const answer = await agent.post('/oauth/logout', form as Record<string, string>)
  assert.equal(answer.statusCode, 303)
  const [path, query = ''] = String(answer.headers.location).split('?')
  assert.equal(path, '/oauth/logout')
  assert.ok(query.length <= 8000, String(query.length))
  return { location: String(answer.headers.location), query: new URLSearchParams(query) }
}

test('POST: the hint travels on as a short form that proves the same, also that of an ID token of 20 KB', async (t) => {
  const long = { address: { formatted: 'x'.repeat(15_000) } }
  const change = ({ users }: { users: object[] }) =>
    void users.push({ ...long, username: 'eve', password: 'eve-eve-eve', sub: 'eve' })
  const { app } = await oidcServer(t, { clients: [OTHER], change })
  const agent = new Agent(app)
  await agent.login(await agent.get('/login'), 'eve', 'eve-eve-eve')
  const { parameters } = await authorize(agent, { response_type: 'id_token', scope: 'openid address' })
  const id_token = parameters.get('id_token') ?? ''
  assert.ok(id_token.length > 20_000)
  const { location, query } = await posted(agent, {
    id_token_hint: id_token,
    post_logout_redirect_uri: BYE,
    state: 'a b',
  })
  assert.match(query.get('id_token_hint') ?? '', /^lh_[\w-]{50,600}$/)
  assert.deepEqual([query.get('post_logout_redirect_uri'), query.get('state')], [BYE, 'a b'])
  assert.equal(await isLoggedIn(agent), true, 'the POST changes nothing')
  assert.equal((await agent.get(location)).headers.location, `${BYE}?state=a%20b`)
  assert.equal(await isLoggedIn(agent), false)
})

test('POST: what cannot be carried is dropped and named: the person is logged out all the same', async (t) => {
  const { agent, log, tokens: given } = await loggedIn(t)
  const hint = { id_token_hint: given.id_token }
  const { location } = await posted(agent, {
    ...hint,
    post_logout_redirect_uri: BYE,
    state: 'x'.repeat(9000),
  })
  toldLoggedOut(await agent.get(location), 'post_logout_redirect_uri')
  assert.ok(log.some(({ reason }) => reason === 'post_logout_redirect_uri: it is too long, or its state is'))
  const { query } = await posted(agent, { client_id: 'rp'.repeat(20_000), post_logout_redirect_uri: BYE })
  assert.equal(query.get('client_id')?.length, 256)
  toldLoggedOut(await agent.get(`/oauth/logout?${query}`), 'client_id', 'post_logout_redirect_uri')
})

test('a query of any length is no error page: what cannot be carried is dropped, by GET and by POST without a form', async (t) => {
  const { agent, app, tokens: given } = await loggedIn(t)
  const hint = { id_token_hint: given.id_token, post_logout_redirect_uri: BYE }
  const long = logout({ ...hint, state: 'x'.repeat(16_000) })
  assert.equal((await app.inject({ method: 'POST', url: long })).statusCode, 303)
  const short = await agent.get(long)
  assert.equal(short.statusCode, 303)
  const { location } = short.headers
  assert.match(String(location), /^\/oauth\/logout\?id_token_hint=lh_/)
  assert.equal(await isLoggedIn(agent), true, 'nothing has happened yet')
  toldLoggedOut(await agent.get(String(location)), 'post_logout_redirect_uri')
  assert.equal(await isLoggedIn(agent), false)
  // What is not ours is not carried on.
  const { location: onwards } = (await agent.get(logout({ ...hint, client_id: 'rp', x: 'y'.repeat(20_000) })))
    .headers
  assert.ok(String(onwards).length < 1000)
  assert.equal((await agent.get(String(onwards))).headers.location, BYE)
})

test('POST: a hint that proves nothing proves nothing afterwards; repeated parameters stay repeated', async (t) => {
  const { agent, tokens: given } = await loggedIn(t)
  for (const hint of ['bad', 'unproven', 'lh_x', given.refresh_token, 'x'.repeat(60_000)]) {
    const { location } = await posted(agent, { id_token_hint: hint, post_logout_redirect_uri: BYE })
    asks(await agent.get(location), 'id_token_hint', 'post_logout_redirect_uri')
  }
  const contradicting = { id_token_hint: given.id_token, client_id: 'other', post_logout_redirect_uri: BYE }
  asks(
    await agent.get((await posted(agent, contradicting)).location),
    'client_id',
    'post_logout_redirect_uri',
  )
  const bye: [string, string] = ['post_logout_redirect_uri', BYE]
  const hint: [string, string] = ['id_token_hint', given.id_token]
  const twice = await posted(agent, [hint, hint, hint, bye])
  asks(await agent.get(twice.location), 'id_token_hint', 'post_logout_redirect_uri')
  const two = await posted(agent, [hint, bye, ['post_logout_redirect_uri', 'https://evil.example/']])
  toldLoggedOut(await agent.get(two.location), 'post_logout_redirect_uri')
})

test('the short form is the hint of one login, for an hour: not of another, not later, and never renewed', async (t) => {
  const { agent, app, clock, tokens: given } = await loggedIn(t)
  const { query } = await posted(agent, { id_token_hint: given.id_token })
  const short = query.get('id_token_hint') ?? ''
  // Posted again it is the same, with the same end.
  clock.now += 3000
  assert.equal((await posted(agent, { id_token_hint: short })).query.get('id_token_hint'), short)
  // Of another login, of the same person.
  const other = new Agent(app)
  await tokens(app, {}, other)
  asksOnly(await other.get(logout({ id_token_hint: short })))
  assert.equal(await isLoggedIn(other), true)
  // Changed in one character.
  for (const at of [4, 40, short.length - 1]) {
    const changed = short.slice(0, at) + (short[at] === 'A' ? 'B' : 'A') + short.slice(at + 1)
    asks(
      await agent.get(logout({ id_token_hint: changed, post_logout_redirect_uri: BYE })),
      'id_token_hint',
      'post_logout_redirect_uri',
    )
  }
  // After its hour.
  clock.now += 600
  asks(
    await agent.get(logout({ id_token_hint: short, post_logout_redirect_uri: BYE })),
    'id_token_hint',
    'post_logout_redirect_uri',
  )
  asks(
    await agent.get((await posted(agent, { id_token_hint: short, post_logout_redirect_uri: BYE })).location),
    'id_token_hint',
    'post_logout_redirect_uri',
  )
  // After its login: whoever logs in next in this browser is not logged out by it.
  const fresh = (await posted(agent, { id_token_hint: given.id_token })).query.get('id_token_hint') ?? ''
  await agent.get(logout({ id_token_hint: fresh }))
  assert.equal(await isLoggedIn(agent), false)
  await tokens(app, {}, agent)
  asksOnly(await agent.get(logout({ id_token_hint: fresh })))
  assert.equal(await isLoggedIn(agent), true)
})

test('no token of another issuer, and none that is no ID token, is a hint', async (t) => {
  const {
    agent,
    app,
    tokens: given,
  } = await loggedIn(t, { userinfo_signed_response_alg: 'RS256', access_token_format: 'jwt' })
  const answer = await app.inject({
    url: '/oauth/userinfo',
    headers: { host: 'localhost:8000', authorization: `Bearer ${given.access_token}` },
  })
  assert.match(answer.body, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  for (const hint of [answer.body, given.access_token])
    asks(
      await agent.get(logout({ id_token_hint: hint, post_logout_redirect_uri: BYE })),
      'id_token_hint',
      'post_logout_redirect_uri',
    )
  assert.equal((await verified(app, given.id_token)).iss, ISSUER)
})
