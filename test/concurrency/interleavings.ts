import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { requestCompleter } from '../../src/authorization/complete.ts'
import { requestResolver } from '../../src/authorization/resolve.ts'
import { situationFinder } from '../../src/authorization/situation.ts'
import { approvalsIn } from '../../src/clients/introduced/approvals.ts'
import { Consents } from '../../src/consents/consents.ts'
import { Grants } from '../../src/grants/grants.ts'
import { accessTokenTerms } from '../../src/grants/revoke.ts'
import { journalOf } from '../../src/journal/journal.ts'
import { visitorsOf } from '../../src/logins/visitors.ts'
import { SessionEnd } from '../../src/logout/session-end.ts'
import { scopeClaims } from '../../src/protocol/claims.ts'
import { Parameters } from '../../src/protocol/parameters.ts'
import { Sessions } from '../../src/sessions/sessions.ts'
import type { Store } from '../../src/store/store.ts'
import { accessToken, LIFETIMES, preparedOf, redeemInput, refreshInput, SCOPE } from '../grants/example.ts'
import { allowed, issueResponseOf, keys, signing, subjects } from '../support/tokens-rooms.ts'

const VERBS = [
  'create',
  'read',
  'replace',
  'take',
  'delete',
  'increment',
  'decrement',
  'counters',
  'link',
  'unlink',
  'list',
]

/** The store, each of whose verbs happens when the schedule says. */
function scheduled(store: Store, schedule: fc.Scheduler): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (!VERBS.includes(String(name))) return value.bind(target)
      return async (...parameters: unknown[]) => {
        await schedule.schedule(Promise.resolve(), String(name))
        return value.apply(target, parameters)
      }
    },
  })
}

const client = {
  client_id: 'app',
  redirect_uris: ['https://app.example/cb'],
  grant_types: new Set(['authorization_code', 'refresh_token']),
  scope: SCOPE,
  default_scope: '',
  skip_consent: true,
  lifetimes: LIFETIMES,
  auth_methods: ['client_secret_basic'],
  secret: { verify: () => true },
  response_types: new Set(['code']),
  id_token_signed_response_alg: 'RS256',
  access_token_format: 'opaque',
}
const users = {
  find: async (sub: string) => ({
    sub,
    username: sub,
    disabled: false,
    credential: 'c',
    claims: {},
    withheld_scopes: [],
  }),
} as never

function rooms(store: Store, registered: object = client) {
  const clients = { find: async () => registered as never, blockedBy: async () => undefined }
  const grants = new Grants(store)
  const sessions = new Sessions({ store, keys, ttl: 3600, idleTtl: 3600 })
  const consents = new Consents(store)
  const sectors = { check: async () => {} } as never
  const sessionEnd = new SessionEnd({ sessions, grants, clients, backChannel: { notify() {} } as never })
  const { arrival } = visitorsOf({ users, sessions, sessionEnd, journal: journalOf([]) })
  return {
    ...{ grants, sessions, consents, sessionEnd, arrival },
    resolve: requestResolver({ clients, sectors, signing, allowed, scopes: scopeClaims() }),
    situationOf: situationFinder({ consents, subjects, scopes: scopeClaims() }),
    complete: requestCompleter({
      approvals: approvalsIn(store),
      ...{ sessions, consents, grants },
      issueResponse: issueResponseOf(grants),
    }),
  }
}

const LOGIN = { sub: 'alice', amr: ['pwd'], credential: 'c', browser: 'b' }
const brought = (cookie: string) => ({ cookies: [cookie], browsers: ['b'] })

/** What must hold in every order in which a store's verbs can happen. `runs`: orders for each property. */
export function interleavings(name: string, open: () => Promise<Store>, runs: number): void {
  const property = (title: string, check: (store: Store, schedule: fc.Scheduler) => Promise<void>) =>
    test(`${title} (${runs} schedules)`, async () => {
      const store = await open()
      const each = fc.asyncProperty(fc.scheduler(), (schedule) => check(store, schedule))
      await fc
        .assert(each, { numRuns: runs, ...(name !== 'memory' && { interruptAfterTimeLimit: 20_000 }) })
        .finally(() => store.close())
    })

  const approved = async (store: Store, now: number) => {
    const facts = { client_id: 'app', sub: 'alice', sid: 's', scope: SCOPE, auth_time: now }
    const newGrant = { ...facts, lasting: 'login' as const, code_expires_at: now + 60, grant_max_ttl: 0 }
    return (await rooms(store).grants.create(newGrant, now)).id
  }

  describe(`${name}: every interleaving`, () => {
    property(
      'redeem against redeem against revoke: one is issued at most, and a revoked grant stays gone',
      async (store, schedule) => {
        const now = store.clock()
        const id = await approved(store, now)
        const grant = await store.read('grant', id, now)
        const { grants } = rooms(scheduled(store, schedule))
        const redeem = () => grants.redeem({ id, grant: grant as never }, redeemInput(), now)
        const answers = Promise.all([redeem(), redeem(), redeem(), grants.revoke(id, 'alice')])
        await schedule.waitFor(answers)
        const [...redeemed] = (await answers).slice(0, 3) as Awaited<ReturnType<typeof redeem>>[]
        assert.ok(redeemed.filter(({ result }) => result === 'issued').length <= 1)
        assert.equal(await store.read('grant', id, now), undefined)
      },
    )

    property(
      'refresh against refresh against revoke: one lineage, and nothing works after a revocation',
      async (store, schedule) => {
        const now = store.clock()
        const id = await approved(store, now)
        const plain = rooms(store).grants
        await plain.redeem({ id, grant: (await plain.find(id, now)) as never }, redeemInput(), now)
        const grant = (await plain.find(id, now)) as never
        const { grants } = rooms(scheduled(store, schedule))
        const refresh = (scope?: string) => grants.refresh({ id, grant }, refreshInput(0, { scope }), now)
        const all = Promise.all([refresh(), refresh('read'), refresh(), grants.revoke(id, 'alice')])
        await schedule.waitFor(all)
        const answers = (await all).slice(0, 3) as Awaited<ReturnType<typeof refresh>>[]
        const good = answers.filter(({ result }) => result === 'issued' || result === 'replayed')
        assert.ok(answers.every(({ result }) => ['issued', 'replayed', 'unknown'].includes(result)))
        assert.ok(good.filter(({ result }) => result === 'issued').length <= 1)
        assert.ok(new Set(good.map((answer) => JSON.stringify(preparedOf(answer).refresh))).size <= 1)
        assert.equal(await plain.find(id, now), undefined)
      },
    )

    property(
      'refreshes that race, with scopes of their own: every answer works, one successor',
      async (store, schedule) => {
        const now = store.clock()
        const id = await approved(store, now)
        const plain = rooms(store).grants
        await plain.redeem({ id, grant: (await plain.find(id, now)) as never }, redeemInput(), now)
        const grant = (await plain.find(id, now)) as never
        const { grants } = rooms(scheduled(store, schedule))
        const scopes = [undefined, 'read', 'write', undefined]
        const all = Promise.all(
          scopes.map((scope) => grants.refresh({ id, grant }, refreshInput(0, { scope }), now)),
        )
        await schedule.waitFor(all)
        const after = await plain.find(id, now)
        assert.equal(after?.refresh?.generation, 1)
        for (const [at, answer] of (await all).entries()) {
          const prepared = preparedOf(answer)
          assert.equal(prepared.refresh?.generation, 1)
          const token = { ...accessToken(prepared), grant_id: id }
          assert.equal(after && accessTokenTerms(after, token)?.scope, scopes[at] ?? SCOPE)
        }
      },
    )

    property(
      'login against logout: the old session is gone in either order, the new one is whole',
      async (store, schedule) => {
        const now = store.clock()
        const login = {
          ...LOGIN,
          proof: undefined,
          previous: undefined,
        }
        const old = await rooms(store).sessions.begin(login, now)
        const { sessions } = rooms(scheduled(store, schedule))
        const all = Promise.all([
          sessions.begin({ ...login, previous: old.current }, now),
          sessions.end(old.current.id),
          sessions.touch(old.current, now + 120),
        ])
        await schedule.waitFor(all)
        await schedule.waitIdle()
        const [begun] = await all
        assert.equal(await rooms(store).sessions.find(brought(old.cookie), now), undefined)
        assert.equal(
          (await rooms(store).sessions.find(brought(begun.cookie), now))?.session.accounts[0]?.sub,
          'alice',
        )
        // Or each schedule would find the logins of all before it.
        await rooms(store).sessions.end(begun.current.id)
      },
    )

    property(
      'a log-out in one browser against a login that is renewed in another: its grant stays',
      async (store, schedule) => {
        const now = store.clock()
        const plain = rooms(store)
        const login = { ...LOGIN, proof: undefined, previous: undefined }
        const leaving = await plain.sessions.begin({ ...login, browser: 'leaving' }, now)
        const old = await plain.sessions.begin(login, now)
        const { sid = '' } = old.current.session.accounts[0] ?? {}
        const facts = { client_id: 'app', sub: 'alice', sid, scope: SCOPE, auth_time: now }
        const ends = { lasting: 'login' as const, code_expires_at: now + 60, grant_max_ttl: 0 }
        const { id } = await plain.grants.create({ ...facts, ...ends }, now)
        const { sessions, sessionEnd } = rooms(scheduled(store, schedule))
        const all = Promise.all([
          sessions.begin({ ...login, previous: old.current }, now),
          sessionEnd.end(leaving.current, now),
        ])
        await schedule.waitFor(all)
        const [begun] = await all
        assert.notEqual(await plain.grants.find(id, now), undefined)
        await plain.grants.revoke(id, 'alice')
        await plain.sessions.end(begun.current.id)
      },
    )

    property(
      'a remembered consent against its removal: no code is left that the removal did not take',
      async (store, schedule) => {
        const now = store.clock()
        const asking = { ...client, skip_consent: false }
        const plain = rooms(store, asking)
        const asked = { client_id: 'app', redirect_uri: 'https://app.example/cb', response_type: 'code' }
        const resolved = await plain.resolve(
          { parameters: new Parameters({ ...asked, scope: 'read' }), back: '/', address: '127.0.0.1' },
          now,
        )
        assert.equal(resolved.kind, 'request')
        if (resolved.kind !== 'request') return
        const login = { ...LOGIN, proof: undefined, previous: undefined }
        const { cookie, current } = await plain.sessions.begin(login, now)
        await plain.consents.remember({ sub: 'alice', client_id: 'app', scope: 'read' }, now)
        const { arrival, situationOf, complete, consents, grants } = rooms(scheduled(store, schedule), asking)
        const answer = async () => {
          const { visitor } = await arrival(brought(cookie), now)
          assert.ok(visitor)
          const situation = await situationOf(resolved.request, visitor, now)
          return complete(situation, visitor, { decision: 'none' })
        }
        const remove = async () => {
          await consents.forget('alice', 'app')
          await grants.revokeAll(await grants.ofSubject('alice', now))
        }
        const all = Promise.all([answer(), answer(), remove()])
        await schedule.waitFor(all)
        assert.deepEqual(await plain.grants.ofSubject('alice', now), [])
        await plain.sessions.end(current.id)
      },
    )

    property(
      'approve against approve against logout: one proof gives one code, and none after the logout',
      async (store, schedule) => {
        const now = store.clock()
        const plain = rooms(store)
        const parameters = new Parameters({
          client_id: 'app',
          redirect_uri: 'https://app.example/cb',
          response_type: 'code',
          prompt: 'login',
          scope: 'read',
        })
        const resolved = await plain.resolve({ parameters, back: '/', address: '127.0.0.1' }, now)
        assert.equal(resolved.kind, 'request')
        if (resolved.kind !== 'request') return
        const proof = { request_digest: resolved.request.digest, step: 'login' as const, at: now }
        const { cookie } = await plain.sessions.begin({ ...LOGIN, proof, previous: undefined }, now)
        const { arrival, situationOf, complete, sessions } = rooms(scheduled(store, schedule))
        let loggedOut = false
        const approve = async () => {
          const { visitor } = await arrival(brought(cookie), now)
          const late = loggedOut
          if (visitor === undefined) return undefined
          assert.ok(!late, 'nobody is found after the logout')
          const situation = await situationOf(resolved.request, visitor, now)
          return complete(situation, visitor, { decision: 'none' })
        }
        const logout = async () => {
          const current = await sessions.find(brought(cookie), now)
          if (current) await sessions.end(current.id)
          loggedOut = true
        }
        const all = Promise.all([approve(), approve(), approve(), logout()])
        await schedule.waitFor(all)
        const codes = (await all).slice(0, 3).filter((answer) => answer !== undefined)
        assert.ok(codes.length <= 1, `${codes.length} codes for one proof`)
        assert.deepEqual(await plain.arrival(brought(cookie), now), {})
      },
    )
  })
}
