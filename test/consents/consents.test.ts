import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Consents, hasLapsed } from '../../src/consents/consents.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'

const T = 1_000_000
const DECISION = { sub: 'alice', client_id: 'app', scope: 'email' }

test('a decision that is taken back in another tab while it is made is either gone or listed', async () => {
  const store = new MemoryStore()
  const consents = new Consents(store)
  await consents.remember(DECISION, T)
  const create = store.create.bind(store)
  store.create = async (...parameters) => {
    store.create = create
    // Between the link and the record.
    await consents.forget('alice', 'app')
    return create(...parameters)
  }
  await consents.remember(DECISION, T)
  const works = await consents.find('alice', 'app', T)
  const listed = await consents.ofSubject('alice', T)
  assert.equal(listed.length, works === undefined ? 0 : 1)
})

test('to take a decision back gives it as it was, and is idempotent', async () => {
  const consents = new Consents(new MemoryStore())
  await consents.remember(DECISION, T)
  await consents.remember({ ...DECISION, scope: 'profile' }, T)
  assert.equal((await consents.forget('alice', 'app'))?.scope, 'email profile')
  assert.equal(await consents.forget('alice', 'app'), undefined)
  assert.deepEqual(await consents.ofSubject('alice', T), [])
})

test('what is added later does not make a decision younger: the oldest part of it counts', async () => {
  const consents = new Consents(new MemoryStore())
  await consents.remember(DECISION, T)
  await consents.remember({ ...DECISION, scope: 'profile' }, T + 100)
  const consent = await consents.find('alice', 'app', T + 100)
  assert.deepEqual([consent?.scope, consent?.granted_at], ['email profile', T])
})

test('the end that was chosen last counts for all; what ended earlier is not made to last longer', async () => {
  const consents = new Consents(new MemoryStore())
  const found = async (now: number) => {
    const consent = await consents.find('alice', 'app', now)
    return [consent?.scope, consent?.ends_at, consent?.least_schema]
  }
  await consents.remember(DECISION, T)
  assert.deepEqual(await found(T), ['email', undefined, undefined])
  await consents.remember({ ...DECISION, scope: 'profile', ends_at: T + 100 }, T)
  assert.deepEqual(await found(T), ['email profile', T + 100, 2])
  await consents.remember({ ...DECISION, scope: 'phone', ends_at: T + 50 }, T)
  assert.deepEqual(await found(T), ['email profile phone', T + 50, 2])
  await consents.remember({ ...DECISION, ends_at: T + 60 }, T)
  assert.deepEqual(await found(T), ['email', T + 60, 2])
  await consents.remember({ ...DECISION, scope: 'phone' }, T)
  assert.deepEqual(await found(T), ['phone', undefined, undefined])
})

test('past its end a decision is there, and has lapsed', async () => {
  const consents = new Consents(new MemoryStore())
  await consents.remember({ ...DECISION, ends_at: T + 100 }, T)
  const consent = await consents.find('alice', 'app', T + 100)
  assert.ok(consent)
  assert.deepEqual(
    [T + 99, T + 100].map((now) => hasLapsed(consent, now)),
    [false, true],
  )
})

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())
const STORES: Record<string, () => Promise<Store>> = {
  memory: async () => new MemoryStore(),
  redis: () => openRedis(redis.url),
}

for (const [name, open] of Object.entries(STORES))
  test(`${name}: fifty decisions at once over that of somebody before: theirs has gone, all of the fifty are there`, async () => {
    const store = await open()
    const consents = new Consents(store)
    await consents.remember({ ...DECISION, scope: 'address former' }, T)
    const scopes = Array.from({ length: 50 }, (_, at) => `s${at}`)
    await Promise.all(
      scopes.map((scope) => consents.remember({ ...DECISION, scope, since: T + 50 }, T + 100)),
    )
    const consent = await consents.find('alice', 'app', T + 100)
    assert.deepEqual(consent?.scope.split(' ').sort(), scopes.sort())
    assert.equal(consent?.granted_at, T + 100)
    await store.close()
  })
