import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consents } from '../../src/consents/consents.ts'
import type { Grant } from '../../src/grants/grant.ts'
import { migrated, NewerRecord } from '../../src/store/migrations.ts'
import type { Store, StoredRecord } from '../../src/store/store.ts'
import { Agent } from '../support/browser-agent.ts'
import { onEachStore } from '../support/each-store.ts'
import { ISSUER } from '../support/oidc.ts'
import {
  AS_SERVICE,
  asked,
  codeFor,
  FILES,
  NOTES,
  redeem,
  refreshFor,
  resourceServer,
  seen,
  tokenFor,
  tokensFor,
} from '../support/resources.ts'
import { direct } from '../support/token-client.ts'

const ALL = { scope: 'openid read files' }
const MANY = 50

/** The store, kept open by whichever of two servers closes first. */
function shared(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name === 'close') return async () => {}
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

onEachStore('resources', (open) => {
  test('grants, tokens and decisions keep their resources; another server on the store knows them', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const [one, other] = [
      await resourceServer(t, { store: shared(store), storeClock: true }),
      await resourceServer(t, { store: shared(store), storeClock: true }),
    ]
    const agent = new Agent(one.app)
    const code = await codeFor(one.app, [NOTES, FILES], ALL, agent)
    const { body } = await redeem(other.app, code, FILES)
    assert.equal((await seen(one.app, body.access_token)).aud, FILES)
    const next = await refreshFor(one.app, body.refresh_token)
    assert.deepEqual((await seen(other.app, next.body.access_token)).aud, [NOTES, FILES])
    const elsewhere = new Agent(other.app)
    for (const [name, value] of agent.cookies) elsewhere.cookies.set(name, value)
    assert.ok((await asked(elsewhere, [FILES], { scope: 'openid', prompt: 'none' })).get('code'))
    const { access_token } = (
      await tokenFor(one.app, { grant_type: 'client_credentials' }, [FILES], AS_SERVICE)
    ).body
    assert.equal((await seen(other.app, access_token, AS_SERVICE)).aud, FILES)
    await direct(other.app, { token: access_token }, { url: '/oauth/revoke', authorization: AS_SERVICE })
    assert.equal((await seen(one.app, access_token, AS_SERVICE)).active, false)
  })

  test('a grant with resources says that a release of before must not read it; no other grant does', async (t) => {
    const store = await open()
    const created: StoredRecord[] = []
    const create = store.create.bind(store)
    store.create = (kind, id, record, now) => {
      if (kind === 'grant') created.push(record)
      return create(kind, id, record, now)
    }
    const { app } = await resourceServer(t, { store, storeClock: true })
    await tokensFor(app, [])
    await tokensFor(app, [ISSUER])
    await tokensFor(app, [NOTES])
    const [plain, own, bound] = created as (StoredRecord & Grant)[]
    for (const record of [plain, own])
      assert.ok(
        record && !('least_schema' in record) && !('resource' in record) && migrated('grant', record, {}),
      )
    assert.deepEqual(bound?.resource, [NOTES])
    assert.throws(() => migrated('grant', bound as StoredRecord, {}), NewerRecord)
  })

  test(`of ${MANY} refreshes with one token at once, each for its own resources, all get the one successor`, async (t) => {
    const { app, log } = await resourceServer(t, { store: await open(), storeClock: true })
    const { refresh_token } = await tokensFor(app, [NOTES, FILES, ISSUER], ALL)
    const wishes = [[NOTES], [FILES], [ISSUER], [NOTES, FILES], [], ['https://evil.example']]
    const answers = await Promise.all(
      Array.from({ length: MANY }, async (_, at) => {
        const resource = wishes[at % wishes.length] as string[]
        return { resource, ...(await refreshFor(app, refresh_token, resource)) }
      }),
    )
    const given = answers.filter(({ status }) => status === 200)
    assert.equal(new Set(given.map(({ body }) => body.refresh_token)).size, 1)
    for (const { resource, status, body } of answers) {
      if (resource[0] === 'https://evil.example') {
        assert.deepEqual([status, body.error], [400, 'invalid_target'])
        continue
      }
      const { aud } = await seen(app, body.access_token)
      const whole = resource.length === 0 ? [NOTES, FILES, ISSUER] : resource
      assert.deepEqual([aud].flat(), whole)
    }
    assert.ok(!log.some(({ event }) => event === 'refresh_reuse_detected'))
  })

  test(`of ${MANY} redemptions of one code at once, whatever resource they name, one wins and the rest end it`, async (t) => {
    const { app } = await resourceServer(t, { store: await open(), storeClock: true })
    const code = await codeFor(app, [NOTES, FILES], ALL)
    const answers = await Promise.all(
      Array.from({ length: MANY }, (_, at) => redeem(app, code, at % 2 === 0 ? NOTES : FILES)),
    )
    const won = answers.filter(({ status }) => status === 200)
    assert.equal(won.length, 1)
    assert.equal((await seen(app, won[0]?.body.access_token)).active, false)
  })

  test(`of ${MANY} approvals of one person at once, each for its own resource, all are remembered that there is room for`, async (t) => {
    const store = await open()
    t.after(() => store.close())
    const consents = new Consents(store)
    const now = store.clock()
    const decision = { sub: 'sub-alice', client_id: 'rp', scope: '' }
    await consents.remember({ ...decision, scope: 'openid' }, now)
    const approve = (at: number) =>
      consents.remember({ ...decision, resources: { [`https://${at % 25}.example`]: `s${at}` } }, now)
    await Promise.all(Array.from({ length: MANY }, (_, at) => approve(at)))
    const { scope, resources = {} } = (await consents.find('sub-alice', 'rp', now)) ?? {}
    assert.deepEqual([scope, Object.keys(resources).length], ['openid', 25])
    for (let at = 0; at < 25; at++)
      assert.deepEqual(
        resources[`https://${at}.example`]?.split(' ').sort(),
        [`s${at}`, `s${at + 25}`].sort(),
      )
  })
})
