import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { ClientEntry, UserEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { Agent } from '../support/browser-agent.ts'
import { clientServer } from '../support/listen.ts'
import {
  ALICE,
  AUTHORIZATION,
  exchange,
  ISSUER,
  RP,
  refresh,
  request,
  tokens,
  verified,
} from '../support/oidc.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer, type TestServer } from '../support/server.ts'
import { introspect } from '../support/token-client.ts'

const BYE = 'https://rp.example/bye'
const COOKIE = 'postern_session_8000'
const env = { ALLOW_PRIVATE_ADDRESSES: 'true' }
type Users = UserEntry[]

/** Two nodes of one store: Alice is logged in at `there`; `here` has other `users`. */
async function scene(
  t: TestContext,
  users: Users,
  { rp = {}, open }: { rp?: Partial<ClientEntry>; open?: () => Promise<Store> } = {},
) {
  const shared = new MemoryStore()
  const store = open ?? (async () => shared)
  const { origin, seen } = await clientServer(t, (_request, response) => response.end())
  const clients = [{ ...RP, backchannel_logout_uri: `${origin}/told`, ...rp }]
  const there = await buildServer(t, { store: await store(), storeClock: true, clients, env, users: [ALICE] })
  const here = await buildServer(t, { store: await store(), storeClock: true, clients, env, users })
  const agent = new Agent(there.app)
  const given = await tokens(there.app, {}, agent)
  return { there, here, agent, given, seen }
}

/** A browser with these cookies at a node. */
function at({ app }: TestServer, { cookies }: Agent): Agent {
  const agent = new Agent(app)
  for (const [name, value] of cookies) agent.cookies.set(name, value)
  return agent
}

const isLoggedIn = async (agent: Agent) => {
  const { location } = (await agent.get(request({ prompt: 'none' }))).headers
  return new URL(String(location)).searchParams.has('code')
}

const logged = ({ log }: TestServer, name: string) => log.filter(({ event }) => event === name)

async function until(done: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !done(); waited++) {
    assert.ok(waited < 1000, `in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const DISABLED: Users = [{ ...ALICE, disabled: true }]
const DEAD: Record<string, Users> = {
  disabled: DISABLED,
  unknown: [],
  'of another password': [{ ...ALICE, password: 'looking-glass' }],
}
const PAGES: Record<string, (agent: Agent) => Promise<{ statusCode: number; body: string }>> = {
  '/': (agent) => agent.get('/'),
  '/account': (agent) => agent.get('/account'),
  'an authorization request': (agent) => agent.get(request()),
  'prompt=none': (agent) => agent.get(request({ prompt: 'none' })),
  'POST /consent': (agent) =>
    agent.post(request().replace('/oauth/authorize', '/consent'), { csrf: 'x', decision: 'approve' }),
  'POST /select-account': (agent) =>
    agent.post(request().replace('/oauth/authorize', '/select-account'), { csrf: 'x' }),
  'POST /account/apps/remove': (agent) => agent.post('/account/apps/remove', { client_id: 'rp', csrf: 'x' }),
}

for (const [page, use] of Object.entries(PAGES)) {
  test(`disabled: ${page} ends the session and its grants at every node; the client is told, and the log has why`, async (t) => {
    const { there, here, agent, given, seen } = await scene(t, DISABLED)
    const browser = at(here, agent)
    await use(browser)
    assert.ok(!browser.cookies.has(COOKIE))
    assert.deepEqual(
      logged(here, 'logout').map(({ sub, reason }) => [sub, reason]),
      [['sub-alice', 'the person is disabled']],
    )
    assert.equal(logged(here, 'grant_revoked').length, 1)
    await until(() => seen.length > 0, 'the client is told')
    // Also with the cookie of before, and where the person is not disabled: put back, it is over.
    assert.equal(await isLoggedIn(at(there, agent)), false)
    assert.equal((await refresh(there.app, given.refresh_token)).body.error, 'invalid_grant')
  })

  test(`unknown here, or of another password: ${page} takes the cookie away, and ends nothing`, async (t) => {
    for (const users of [DEAD.unknown, DEAD['of another password']]) {
      const { there, here, agent, given } = await scene(t, users as Users)
      const browser = at(here, agent)
      await use(browser)
      assert.ok(!browser.cookies.has(COOKIE))
      assert.equal(await isLoggedIn(at(there, browser)), false, 'the login of before does not revive')
      assert.deepEqual([logged(here, 'logout'), logged(here, 'grant_revoked')], [[], []])
      assert.equal((await refresh(there.app, given.refresh_token)).status, 200)
    }
  })
}

const parameters = (given: { id_token: string }): Record<string, Record<string, string>> => ({
  hint: { id_token_hint: given.id_token, post_logout_redirect_uri: BYE },
  client_id: { client_id: 'rp', post_logout_redirect_uri: BYE },
  nothing: {},
})

for (const [state, users] of Object.entries(DEAD)) {
  for (const way of ['POST /logout', 'GET /logout', 'hint', 'client_id', 'nothing'] as const) {
    test(`a login that is ${state} here is over with a log-out here (${way}): everywhere, and its clients are told`, async (t) => {
      const { there, here, agent, given, seen } = await scene(t, users)
      const form = await agent.get('/logout')
      const browser = at(here, agent)
      const asked = parameters(given)[way]
      const answer =
        way === 'POST /logout'
          ? await browser.submit(form, {})
          : await browser.get(asked ? `/oauth/logout?${new URLSearchParams(asked)}` : '/logout')
      const to = asked?.post_logout_redirect_uri
      if (to) assert.equal(answer.headers.location, to)
      else assert.match((await browser.follow(answer)).body, /You are logged out/)
      assert.ok(!browser.cookies.has(COOKIE))
      assert.equal(logged(here, 'logout').length, 1)
      assert.equal(
        logged(here, 'logout')[0]?.reason,
        state === 'disabled' ? 'the person is disabled' : undefined,
      )
      await until(() => seen.length > 0, 'the client is told')
      const token = new URLSearchParams(seen[0]?.body).get('logout_token') ?? ''
      const { sid } = await verified(there.app, given.id_token)
      assert.equal((await verified(there.app, token, { typ: 'logout+jwt' })).sid, sid)
      assert.equal(await isLoggedIn(at(there, agent)), false)
      assert.equal((await introspect(there.app, given.access_token, AUTHORIZATION)).body.active, false)
    })
  }
}

test('front channel: the page of a dead login that ends loads the frames of its clients, with their sid', async (t) => {
  const rp = {
    frontchannel_logout_uri: 'https://rp.example/front',
    frontchannel_logout_session_required: true,
  }
  for (const users of Object.values(DEAD)) {
    const { there, here, agent, given } = await scene(t, users, { rp })
    const { sid } = await verified(there.app, given.id_token)
    const page = await at(here, agent).get('/logout')
    const query = new URLSearchParams({ iss: ISSUER, sid: String(sid) }).toString().replace('&', '&amp;')
    assert.ok(page.body.includes(`src="https://rp.example/front?${query}"`), page.body)
  }
})

test('somebody else who logs in over a dead login ends it first', async (t) => {
  const bob: UserEntry = { ...ALICE, username: 'bob', sub: 'sub-bob' }
  const { there, here, agent, given } = await scene(t, [bob])
  const browser = at(here, agent)
  await browser.login(await browser.get('/login'), 'bob', 'wonderland')
  assert.deepEqual(
    here.log.flatMap(({ event, sub }) => (event === 'logout' || event === 'login' ? [[event, sub]] : [])),
    [
      ['logout', 'sub-alice'],
      ['login', 'sub-bob'],
    ],
  )
  assert.equal((await refresh(there.app, given.refresh_token)).status, 400)
})

test('a store that fails while a disabled login is ended: 503, the cookie stays, and it can be tried again', async (t) => {
  const { there, here, agent } = await scene(t, DISABLED)
  const remove = here.store.delete.bind(here.store)
  here.store.delete = async () => 'unknown'
  const browser = at(here, agent)
  assert.equal((await browser.get('/')).statusCode, 503)
  assert.ok(browser.cookies.has(COOKIE))
  here.store.delete = remove
  assert.equal((await browser.get('/')).statusCode, 200)
  assert.equal(await isLoggedIn(at(there, agent)), false)
})

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())

for (const [store, open] of [
  ['memory', undefined],
  ['redis', () => openRedis(redis.url)],
] as const) {
  test(`${store}: two log-outs and authorizations beside a disabled person's next uses, fifty at once: nothing is left`, async (t) => {
    const { there, here, agent, given, seen } = await scene(t, DISABLED, open ? { open } : {})
    const form = await agent.get('/logout')
    const hinted = `/oauth/logout?${new URLSearchParams({ id_token_hint: given.id_token })}`
    const codes: string[] = []
    const acts = [
      async () => {
        const { location } = (await at(there, agent).get(request({ prompt: 'none' }))).headers
        const code = new URL(String(location), ISSUER).searchParams.get('code')
        if (code !== null) codes.push(code)
      },
      async () => at(here, agent).get('/'),
      async () => at(here, agent).get(request()),
      async () => at(there, agent).submit(form, {}),
      async () => at(here, agent).get(hinted),
    ]
    await Promise.all(Array.from({ length: 50 }, (_, one) => acts[one % acts.length]?.()))
    assert.equal(await isLoggedIn(at(there, agent)), false)
    for (const code of codes) assert.equal((await exchange(there.app, code)).body.error, 'invalid_grant')
    assert.equal((await refresh(there.app, given.refresh_token)).body.error, 'invalid_grant')
    assert.equal((await introspect(there.app, given.access_token, AUTHORIZATION)).body.active, false)
    for (const index of ['grants_of:sub-alice', 'sessions_of:sub-alice'])
      assert.deepEqual((await there.store.list(index, there.store.clock())).members, [], index)
    await until(() => seen.length > 0, 'the client is told')
    for (const { log } of [there, here])
      assert.ok(!log.some(({ level }) => level === 'error'), 'no error in the log')
  })
}
