import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { ClientEntry, UserEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { Agent } from '../support/browser-agent.ts'
import {
  ALICE,
  AUTHORIZATION,
  authorize,
  exchange,
  RP,
  refresh,
  request,
  tokens,
  userinfo,
} from '../support/oidc.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer, type TestServer } from '../support/server.ts'
import { basic, direct, introspect } from '../support/token-client.ts'

const API: ClientEntry = {
  client_id: 'api',
  client_secret: 'x',
  grant_types: ['client_credentials'],
  introspect_any: true,
}
const OFFLINE = 'openid offline_access'

interface Node {
  user?: Partial<UserEntry>
  clients?: ClientEntry[]
  users?: UserEntry[]
}

/** A node of one store, with the configuration that it has by now. */
function node(t: TestContext, store: Store, { user = {}, clients = [RP, API], users }: Node = {}) {
  return buildServer(t, { store, clients, users: users ?? [{ ...ALICE, ...user }], storeClock: true })
}

/** The same browser at another node. */
function at({ app }: TestServer, browser: Agent): Agent {
  const there = new Agent(app)
  for (const [name, value] of browser.cookies) there.cookies.set(name, value)
  return there
}

const silent = async (agent: Agent) => {
  const { location } = (await agent.get(request({ prompt: 'none' }))).headers
  return new URL(String(location)).searchParams
}

/** Nodes that lack what another one has. */
const IGNORANT: Record<string, { lacks: Node; offlineToo: boolean }> = {
  'a person that it does not know': { lacks: { users: [] }, offlineToo: true },
  'another password': { lacks: { user: { password: 'looking-glass' } }, offlineToo: false },
  'a client that it does not know': {
    lacks: { clients: [{ ...RP, client_id: 'another' }, API] },
    offlineToo: true,
  },
}

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())
const STORES: Record<string, () => Promise<() => Promise<Store>>> = {
  memory: async () => {
    const store = new MemoryStore()
    return async () => store
  },
  redis: async () => () => openRedis(redis.url),
}

for (const [store, stores] of Object.entries(STORES)) {
  for (const [what, { lacks, offlineToo }] of Object.entries(IGNORANT)) {
    test(`${store}: a node with ${what} refuses, fifty times at once, and ends nothing`, async (t) => {
      const open = await stores()
      const [there, here] = [await node(t, await open()), await node(t, await open(), lacks)]
      const agent = new Agent(there.app)
      const bound = await tokens(there.app, {}, agent)
      const offline = await tokens(there.app, { scope: OFFLINE }, agent)
      const waiting = (await authorize(agent)).parameters.get('code') ?? ''
      const used = [bound, ...(offlineToo ? [offline] : [])]
      const refusals = used.flatMap((given) => [
        async () => assert.equal((await userinfo(here.app, given.access_token)).statusCode, 401),
        async () => {
          const { body } = await introspect(here.app, given.access_token, basic('api', 'x'))
          assert.deepEqual(body, { active: false })
        },
        async () => {
          const { body } = await refresh(here.app, given.refresh_token)
          assert.match(body.error, /^invalid_(grant|client)$/)
        },
        async () => assert.match((await exchange(here.app, waiting)).body.error, /^invalid_(grant|client)$/),
      ])
      await Promise.all(Array.from({ length: 50 }, (_, one) => refusals[one % refusals.length]?.()))
      const names = here.log.map(({ event }) => event)
      assert.ok(!names.includes('grant_revoked') && !names.includes('refresh_reuse_detected'), String(names))

      // Neither rotated nor replayed: the very same tokens are good where they were given.
      assert.equal((await introspect(there.app, bound.access_token, AUTHORIZATION)).body.active, true)
      assert.equal((await exchange(there.app, waiting)).status, 200)
      for (const { refresh_token } of [bound, offline]) {
        assert.equal((await refresh(there.app, refresh_token)).status, 200)
        assert.ok(!there.log.some(({ event }) => event === 'refresh_replayed'))
      }
    })
  }
}

test('an offline grant outlives another password (Core §11): it is good at both nodes', async (t) => {
  const store = new MemoryStore()
  const there = await node(t, store)
  const here = await node(t, store, { user: { password: 'looking-glass' } })
  const offline = await tokens(there.app, { scope: OFFLINE })
  assert.equal((await refresh(here.app, offline.refresh_token)).status, 200)
})

test('a token of before its reuse is known is not accused by a node that does not know the person', async (t) => {
  const store = new MemoryStore()
  const there = await buildServer(t, { store, clients: [RP], users: [ALICE] })
  const here = await buildServer(t, { store, clients: [RP], now: there.clock.now + 100 })
  const first = await tokens(there.app)
  const { body: second } = await refresh(there.app, first.refresh_token)
  there.clock.now += 100
  assert.equal((await refresh(here.app, first.refresh_token)).body.error, 'invalid_grant')
  assert.equal((await refresh(there.app, second.refresh_token)).status, 200)
})

test('the log says why this node refused; the client is told no more than of an unknown token', async (t) => {
  const store = new MemoryStore()
  const [there, here] = [await node(t, store), await node(t, store, { users: [] })]
  const given = await tokens(there.app)
  const { body } = await refresh(here.app, given.refresh_token)
  assert.equal(body.error_description, 'the refresh token is unknown or was revoked')
  assert.ok(here.log.some(({ reason }) => reason === 'the person is unknown here'))
})

test('disabled is said of the person: code, access token and refresh token each end their grant, and no other', async (t) => {
  const store = new MemoryStore()
  const bob: UserEntry = { ...ALICE, username: 'bob', sub: 'sub-bob' }
  const there = await node(t, store, { users: [ALICE, bob] })
  const here = await node(t, store, { users: [{ ...ALICE, disabled: true }, bob] })
  const give = () => tokens(there.app, { scope: OFFLINE })
  const uses = [
    async () => userinfo(here.app, (await give()).access_token),
    async () => introspect(here.app, (await give()).access_token, basic('api', 'x')),
    async () => refresh(here.app, (await give()).refresh_token),
    async () => exchange(here.app, (await authorize(new Agent(there.app))).parameters.get('code') ?? ''),
  ]
  const untouched = await give()
  for (const use of uses) {
    const before = here.log.length
    await use()
    const revoked = here.log.slice(before).filter(({ event }) => event === 'grant_revoked')
    assert.deepEqual(
      revoked.map(({ sub, reason }) => [sub, reason]),
      [['sub-alice', 'the person is disabled']],
    )
  }
  assert.equal((await refresh(there.app, untouched.refresh_token)).status, 200)
})

test("a disabled person's token that is good no more ends nothing: expired, revoked, or another client's", async (t) => {
  const store = new MemoryStore()
  const there = await buildServer(t, { store, clients: [RP, API], users: [ALICE] })
  const here = await buildServer(t, {
    store,
    clients: [RP, API, { ...RP, client_id: 'other' }],
    users: [{ ...ALICE, disabled: true }],
    now: there.clock.now,
  })
  const given = await tokens(there.app, { scope: OFFLINE })
  await direct(
    there.app,
    { token: given.access_token },
    { url: '/oauth/revoke', authorization: AUTHORIZATION },
  )
  await userinfo(here.app, given.access_token)
  const asOther = { authorization: basic('other', 'password') }
  const form = { grant_type: 'refresh_token', refresh_token: given.refresh_token }
  assert.equal((await direct(here.app, form, asOther)).body.error, 'invalid_grant')
  const { body } = await refresh(there.app, given.refresh_token)
  here.clock.now += 4000
  await userinfo(here.app, body.access_token)
  assert.ok(!here.log.some(({ event }) => event === 'grant_revoked'))
  assert.equal((await refresh(there.app, body.refresh_token)).status, 200)
})

const DAY = 86_400
const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

test('a name that comes back does not inherit: grants, consents and sessions from before its since are refused', async (t) => {
  const store = new MemoryStore()
  const now = 1_800_000_000
  const former = await buildServer(t, { store, clients: [RP, API], users: [ALICE], now })
  const browser = new Agent(former.app)
  const given = await tokens(former.app, { scope: OFFLINE }, browser)
  const waiting = (await authorize(browser)).parameters.get('code') ?? ''

  // The same name, sub and even password: only the date tells.
  const present = await buildServer(t, {
    store,
    clients: [RP, API],
    users: [{ ...ALICE, since: iso(now + 5) }],
    now: now + 10,
  })
  assert.equal((await userinfo(present.app, given.access_token)).statusCode, 401)
  assert.equal((await refresh(present.app, given.refresh_token)).body.error, 'invalid_grant')
  assert.equal((await exchange(present.app, waiting)).body.error, 'invalid_grant')
  const same = at(present, browser)
  assert.equal((await silent(same)).get('error'), 'login_required')
  assert.ok(!same.cookies.has('postern_session_8000'))
  assert.ok(!present.log.some(({ event }) => event === 'grant_revoked'))

  const agent = new Agent(present.app)
  await agent.login(await agent.get('/login'), 'alice', 'wonderland')
  assert.doesNotMatch((await agent.get('/account')).body, /Relying Party/)
  assert.equal((await silent(agent)).get('error'), 'consent_required')
  const page = await agent.get(request())
  assert.match(page.body, /value="approve"/)
  await agent.submit(page, { decision: 'approve' })
  assert.ok((await silent(agent)).get('code'))
  // What the former person approved beside it has not come along.
  assert.match((await agent.get(request({ scope: OFFLINE }))).body, /value="approve"/)
  assert.match((await agent.get('/account')).body, /Relying Party/)
})

test("a login over a browser's session from before the since is somebody else's: that one ends, with its grants", async (t) => {
  const store = new MemoryStore()
  const now = 1_800_000_000
  const former = await buildServer(t, { store, clients: [RP], users: [ALICE], now })
  const browser = new Agent(former.app)
  const given = await tokens(former.app, {}, browser)
  const users = [{ ...ALICE, since: iso(now + 5) }]
  const present = await buildServer(t, { store, clients: [RP], users, now: now + 10 })
  const same = at(present, browser)
  await same.login(await same.get('/login'), 'alice', 'wonderland')
  assert.deepEqual(
    present.log.flatMap(({ event, sub }) => (event === 'logout' || event === 'login' ? [[event, sub]] : [])),
    [
      ['logout', 'sub-alice'],
      ['login', 'sub-alice'],
    ],
  )
  assert.equal((await refresh(former.app, given.refresh_token)).body.error, 'invalid_grant')
})

test('since: what was given in that very second is not older', async (t) => {
  const store = new MemoryStore()
  const now = 1_800_000_000
  const server = await buildServer(t, { store, clients: [RP], users: [{ ...ALICE, since: iso(now) }], now })
  const given = await tokens(server.app)
  assert.equal((await refresh(server.app, given.refresh_token)).status, 200)
  // A day of the calendar begins at its first moment in UTC.
  const midnight = now - (now % DAY)
  const users = [{ ...ALICE, since: iso(midnight).slice(0, 10) }]
  const other = await buildServer(t, { clients: [RP], users, now: midnight })
  assert.equal((await silent(at(other, await loggedIn(other)))).get('error'), 'consent_required')
})

async function loggedIn({ app }: TestServer): Promise<Agent> {
  const agent = new Agent(app)
  await agent.login(await agent.get('/login'), 'alice', 'wonderland')
  return agent
}
