import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consents } from '../../src/consents/consents.ts'
import { MemoryStore } from '../../src/store/memory.ts'

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
