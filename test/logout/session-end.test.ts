import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from '../../src/clients/client.ts'
import type { Grant } from '../../src/grants/grant.ts'
import { Grants } from '../../src/grants/grants.ts'
import type { NewGrant } from '../../src/grants/new-grant.ts'
import { SessionEnd } from '../../src/logout/session-end.ts'
import { type CurrentSession, Sessions } from '../../src/sessions/sessions.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Store, StoreUnavailable } from '../../src/store/store.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { keys } from '../support/tokens-rooms.ts'

const CLIENT = {
  client_id: 'app',
  auth_methods: ['none'],
  grant_types: new Set(['authorization_code']),
  redirect_uris: [],
}
const IDLE = 600

function rooms(store: Store, client: Partial<Client> = {}) {
  const told: string[] = []
  const grants = new Grants(store)
  const sessions = new Sessions({ store, keys, ttl: 86_400, idleTtl: IDLE })
  const clients = {
    find: async (client_id: string) => ({ ...CLIENT, client_id, ...client }) as never,
    blockedBy: async () => undefined,
  }
  const backChannel = { notify: (_client: Client, { sid }: { sid: string }) => told.push(sid) } as never
  const sessionEnd = new SessionEnd({ sessions, grants, clients, backChannel })
  const login = async (sub: string, browser: string, now: number): Promise<CurrentSession> => {
    const how = { amr: ['pwd'], credential: 'c', proof: undefined, previous: undefined }
    return (await sessions.begin({ ...how, sub, browser }, now)).current
  }
  const grant = async ({ session }: CurrentSession, now: number, over: Partial<NewGrant> = {}) => {
    const { sub, sid, auth_time } = session.accounts[0] as CurrentSession['session']['accounts'][0]
    const approval = { client_id: 'app', sub, sid, lasting: 'login' as const, scope: 'read', auth_time }
    return (await grants.create({ ...approval, code_expires_at: now + 9000, grant_max_ttl: 0, ...over }, now))
      .id
  }
  const lives = async (id: string, now: number) => (await grants.find(id, now)) !== undefined
  return { grants, sessions, sessionEnd, told, login, grant, lives }
}

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())

const STORES: Record<string, () => Promise<Store>> = {
  memory: async () => new MemoryStore(),
  redis: () => openRedis(redis.url),
}

for (const [name, open] of Object.entries(STORES)) {
  const each = (title: string, check: (store: Store, sub: string) => Promise<void>) =>
    test(title, async () => {
      const store = await open()
      // A person of its own, for the store is one.
      await check(store, `p-${Math.random()}`).finally(() => store.close())
    })

  describe(`${name}: what a log-out takes`, () => {
    each(
      'the grants of its own login; not those of a living login in another browser',
      async (store, sub) => {
        const { login, grant, lives, sessionEnd } = rooms(store)
        const now = store.clock()
        const [here, there] = [await login(sub, 'laptop', now), await login(sub, 'phone', now)]
        const [mine, other] = [await grant(here, now), await grant(there, now)]
        await sessionEnd.end(here, now)
        assert.deepEqual([await lives(mine, now), await lives(other, now)], [false, true])
      },
    )

    each('the grants of logins that have ended by themselves, wherever they were', async (store, sub) => {
      const { login, grant, lives, sessionEnd } = rooms(store)
      const now = store.clock()
      const ids = [
        await grant(await login(sub, 'laptop', now), now),
        await grant(await login(sub, 'phone', now), now),
      ]
      const later = now + IDLE + 1
      const again = await login(sub, 'laptop', later)
      assert.ok((await Promise.all(ids.map((id) => lives(id, later)))).every(Boolean))
      await sessionEnd.end(again, later)
      assert.ok((await Promise.all(ids.map((id) => lives(id, later)))).every((there) => !there))
    })

    each(
      'the logins whose cookie this browser has lost: session, grants, and their clients hear of it',
      async (store, sub) => {
        const { login, grant, lives, sessions, sessionEnd, told } = rooms(store)
        const now = store.clock()
        const lost = await login(sub, 'laptop', now)
        await sessions.update(lost, now, (session) =>
          session ? { next: { ...session, clients: ['app'] }, answer: undefined } : { answer: undefined },
        )
        const id = await grant(lost, now)
        const { logins } = await sessionEnd.end(await login(sub, 'laptop', now), now)
        assert.equal(await sessions.lives(lost.id, now), false)
        assert.equal(await lives(id, now), false)
        const sid = lost.session.accounts[0]?.sid
        assert.deepEqual(told, [sid])
        assert.deepEqual(
          logins.map((one) => one.sid),
          [sid],
        )
      },
    )

    each("no standing grant, and nobody else's", async (store, sub) => {
      const { login, grant, lives, sessionEnd } = rooms(store)
      const now = store.clock()
      const here = await login(sub, 'laptop', now)
      const standing = await grant(here, now, { lasting: 'standing' })
      const others = await grant(await login(`${sub}-other`, 'laptop', now), now)
      await sessionEnd.end(here, now)
      assert.deepEqual([await lives(standing, now), await lives(others, now)], [true, true])
    })

    each('a login that is one too many takes its own grants alone', async (store, sub) => {
      const { login, grant, lives, sessionEnd } = rooms(store)
      const now = store.clock()
      const orphan = await grant(await login(sub, 'phone', now), now)
      const later = now + IDLE + 1
      const one = await login(sub, 'laptop', later)
      const own = await grant(one, later)
      await sessionEnd.endSurplus(one, later)
      assert.deepEqual([await lives(orphan, later), await lives(own, later)], [true, false])
    })

    each(
      'fifty log-outs in fifty browsers at once, beside fifty logins that go on: each takes its own',
      async (store, sub) => {
        const { login, grant, lives, sessionEnd } = rooms(store)
        const now = store.clock()
        const browsers = Array.from({ length: 50 }, (_, at) => `b${at}`)
        const leaving = await Promise.all(browsers.map((browser) => login(sub, browser, now)))
        const gone = await Promise.all(leaving.map((one) => grant(one, now)))
        const kept: string[] = []
        await Promise.all([
          ...leaving.map((one) => sessionEnd.end(one, now)),
          ...browsers.map(async (browser) =>
            kept.push(await grant(await login(sub, `new ${browser}`, now), now)),
          ),
        ])
        assert.ok((await Promise.all(gone.map((id) => lives(id, now)))).every((there) => !there))
        assert.ok((await Promise.all(kept.map((id) => lives(id, now)))).every(Boolean))
      },
    )

    each(
      'fifty log-outs of others, while a login is renewed again and again: its grant stays',
      async (store, sub) => {
        const { login, grant, lives, sessions, sessionEnd } = rooms(store)
        const now = store.clock()
        let current = await login(sub, 'phone', now)
        const id = await grant(current, now)
        const leaving = await Promise.all(Array.from({ length: 50 }, (_, at) => login(sub, `b${at}`, now)))
        const renew = async () => {
          const how = { sub, amr: ['pwd'], credential: 'c', browser: 'phone', proof: undefined }
          for (let at = 0; at < 20; at++)
            current = (await sessions.begin({ ...how, previous: current }, now)).current
        }
        await Promise.all([renew(), ...leaving.map((one) => sessionEnd.end(one, now))])
        assert.equal(await lives(id, now), true)
      },
    )
  })
}

test('a store that cannot say which logins live takes no grant of them, and the log-out can be repeated', async () => {
  const store = new FaultyMemoryStore()
  store.vague = false
  const { login, grant, lives, sessionEnd } = rooms(store)
  const now = store.clock()
  const [here, there] = [await login('alice', 'laptop', now), await login('alice', 'phone', now)]
  const [mine, other] = [await grant(here, now), await grant(there, now)]
  store.fault = ({ verb, kind }) => (verb === 'read' && kind === 'session' ? 'before' : 'none')
  await assert.rejects(sessionEnd.end(here, now), StoreUnavailable)
  store.fault = () => 'none'
  assert.deepEqual([await lives(mine, now), await lives(other, now)], [true, true])
  await sessionEnd.end(here, now)
  assert.deepEqual([await lives(mine, now), await lives(other, now)], [false, true])
})

test('a store that fails between two logins of this browser leaves the one of the cookie, so that the log-out can be repeated', async () => {
  const store = new FaultyMemoryStore()
  store.vague = false
  const { login, sessions, sessionEnd } = rooms(store)
  const now = store.clock()
  const [lost, here] = [await login('alice', 'laptop', now), await login('alice', 'laptop', now)]
  let deletions = 0
  store.fault = ({ verb, kind }) =>
    verb === 'delete' && kind === 'session' && ++deletions === 2 ? 'before' : 'none'
  await assert.rejects(sessionEnd.end(here, now), StoreUnavailable)
  assert.deepEqual([await sessions.lives(lost.id, now), await sessions.lives(here.id, now)], [false, true])
  await sessionEnd.end(here, now)
  assert.equal(await sessions.lives(here.id, now), false)
})

test('two records of one login from before the browser was kept: a log-out takes both, and its grant', async () => {
  const store = new MemoryStore()
  const { login, grant, lives, sessions, sessionEnd } = rooms(store)
  const now = store.clock()
  const first = await login('alice', 'laptop', now)
  // Two logins at once in one browser, over the same session before: one loses its cookie.
  const how = { sub: 'alice', amr: ['pwd'], credential: 'c', browser: 'laptop', proof: undefined }
  const both = await Promise.all([1, 2].map(() => sessions.begin({ ...how, previous: first }, now)))
  const old = await Promise.all(
    both.map(({ current }) =>
      sessions.update(current, now, (session) => {
        if (session === undefined) return { answer: current }
        const { browser: _, ...next } = session
        return { next, answer: { id: current.id, session: { ...next, revision: '' } } }
      }),
    ),
  )
  const here = old[0] as CurrentSession
  const id = await grant(here, now)
  await sessionEnd.end(here, now)
  assert.equal(await lives(id, now), false)
  assert.deepEqual(await sessions.ofSubject('alice', now), [])
})

describe('a grant from before it was kept how long it lasts', () => {
  const SECRET = { auth_methods: ['client_secret_basic'] }
  for (const [what, client, over, taken] of [
    ['of a web application: taken', { ...SECRET, redirect_uris: ['https://app.example/cb'] }, {}, true],
    ['with offline_access: stays', SECRET, { scope: 'read offline_access' }, false],
    [
      'of a native application: stays',
      { redirect_uris: ['http://127.0.0.1/cb', 'com.example:/cb'] },
      {},
      false,
    ],
    [
      'of a public web application: taken',
      { redirect_uris: ['https://spa.example/cb', 'http://localhost/cb'] },
      {},
      true,
    ],
    ['by a password: stays', { ...SECRET, grant_types: new Set(['password']) }, { first: 0 }, false],
    [
      'by a code, of a client that may use passwords: taken',
      { ...SECRET, grant_types: new Set(['password', 'authorization_code']) },
      { first: 5 },
      true,
    ],
  ] as const) {
    test(what, async () => {
      const store = new MemoryStore()
      const { login, grant, lives, sessionEnd } = rooms(store, client as never)
      const now = store.clock()
      const here = await login('alice', 'laptop', now)
      const { first, ...approval } = { first: undefined, ...over }
      const id = await grant(here, now, approval)
      const { lasting: _, revision, ...old } = (await store.read<Grant>('grant', id, now)) as Grant
      const profiles = first === undefined ? [] : [{ scope: 'read', since: now + first, until: now + 300 }]
      await store.replace('grant', id, revision, { ...old, profiles, revision: 'old' } as Grant, now)
      await sessionEnd.end(here, now)
      assert.equal(await lives(id, now), !taken)
    })
  }
})
