import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CachedRecords } from '../../src/registry/cached-records.ts'
import { endOfAll, Registry } from '../../src/registry/registry.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../../src/store/store.ts'
import { onEachStore } from '../support/each-store.ts'

interface Note extends StoredRecord {
  text: string
}

/** A store that counts its reads and can be down, with a clock to turn. */
function watched(store: Store = new MemoryStore()) {
  const state = { reads: 0, down: false, elapsed: 0 }
  const proxied = new Proxy(store, {
    get(target, name) {
      const verb = Reflect.get(target, name, target)
      if (name !== 'read') return typeof verb === 'function' ? verb.bind(target) : verb
      return async (...parameters: unknown[]) => {
        state.reads++
        if (state.down) throw new StoreUnavailable('down')
        return verb.apply(target, parameters)
      }
    },
  })
  const registry = new Registry(proxied, () => state.elapsed)
  const records = new CachedRecords<Note, string>(proxied, {
    registry,
    kind: 'person',
    make: ({ text }) => text,
  })
  return { store: proxied, state, registry, records }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('who is known is found without a wait, and the version is asked for once a second at most', async () => {
  const { store, state, records } = watched()
  await store.create('person', 'a', { text: 'ada', revision: '1' } as Note, 0)
  assert.equal(await records.find('a'), 'ada')
  state.reads = 0
  for (let i = 0; i < 100; i++) assert.equal(records.find('a'), 'ada', 'at once')
  assert.equal(state.reads, 0)
  state.elapsed += 1000
  for (let i = 0; i < 100; i++) assert.equal(records.find('a'), 'ada', 'asked beside')
  await settled()
  assert.equal(state.reads, 1)
  state.elapsed += 5000
  const waited = records.find('a')
  assert.ok(waited instanceof Promise, 'nobody has asked for five seconds')
  assert.equal(await waited, 'ada')
  assert.equal(state.reads, 2)
})

test('what a node gives that asked just before a mark was written is over by it, in whole seconds too', async () => {
  const clock = { elapsed: 0 }
  const store = new MemoryStore()
  const registry = new Registry(store, () => clock.elapsed)
  await registry.state()
  const version = (await registry.state()).version
  await new Registry(store).change()
  // It looks again only if it may wait; the mark was made at the end of the second T.
  const T = 1_900_000_000
  clock.elapsed = 5000 - 1
  const stale = registry.state()
  assert.ok(!(stale instanceof Promise) && stale.version === version)
  assert.ok(Math.floor(T + 0.999 + clock.elapsed / 1000) < endOfAll(T))
})

test('what cannot be asked for thirty seconds is believed no longer', async () => {
  const { store, state, records } = watched()
  await store.create('person', 'a', { text: 'ada', revision: '1' } as Note, 0)
  await records.find('a')
  state.down = true
  state.elapsed += 29_999
  assert.equal(await records.find('a'), 'ada')
  state.elapsed += 1
  await assert.rejects(async () => records.find('a'), StoreUnavailable)
  state.down = false
  assert.equal(await records.find('a'), 'ada')
})

test('an answer from before a change of our own is not taken for the state after it', async () => {
  const store = new MemoryStore()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let hold = false
  const slow = new Proxy(store, {
    get(target, name) {
      const verb = Reflect.get(target, name, target)
      if (name !== 'read') return typeof verb === 'function' ? verb.bind(target) : verb
      return async (...parameters: unknown[]) => {
        const answer = await verb.apply(target, parameters)
        if (hold) await held
        return answer
      }
    },
  })
  const registry = new Registry(slow, () => 0)
  await registry.change(() => ({ first: 'one' }))
  hold = true
  const old = registry.state()
  hold = false
  await registry.change(() => ({ first: 'two' }))
  release()
  await old
  assert.equal((await registry.state()).first, 'two')
})

onEachStore('registry', (open) => {
  test('a change is seen at once by its node, and by another when it asks again', async () => {
    const store = await open()
    try {
      const [one, other] = [watched(store), watched(store)]
      await store.create('person', 'a', { text: 'ada', revision: '1' } as Note, 0)
      for (const { records } of [one, other]) assert.equal(await records.find('a'), 'ada')
      await store.replace('person', 'a', '1', { text: 'lovelace', revision: '2' } as Note, 0)
      await one.registry.change()
      assert.equal(await one.records.find('a'), 'lovelace')
      assert.equal(await other.records.find('a'), 'ada')
      other.state.elapsed += 5000
      assert.equal(await other.records.find('a'), 'lovelace')
    } finally {
      await store.close()
    }
  })

  test('of fifty changes at once none is lost', async () => {
    const store = await open()
    try {
      const changes = Array.from({ length: 50 }, (_, at) =>
        new Registry(store).change((state) => ({ hash_kinds: [...state.hash_kinds, `k${at}`] })),
      )
      await Promise.all(changes)
      assert.equal(new Set((await new Registry(store).refresh()).hash_kinds).size, 50)
    } finally {
      await store.close()
    }
  })
})
