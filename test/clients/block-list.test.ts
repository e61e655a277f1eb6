import assert from 'node:assert/strict'
import { test } from 'node:test'
import { block, unblock } from '../../src/clients/introduced/block-list.ts'
import { Registry } from '../../src/registry/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { onEachStore } from '../support/each-store.ts'

const at = (number: number) => ({ redirect_host: `h${number}.example` })
const NUMBERS = Array.from({ length: 50 }, (_, number) => number)

onEachStore('the rules in the store', (open) => {
  const kept = async (store: Store) => (await new Registry(store).refresh()).blocked_clients

  test('of fifty that are made at once none is lost, beside fifty groups; lifted at once, none stays', async (t) => {
    const store = await open()
    t.after(() => store.close())
    await Promise.all(
      NUMBERS.flatMap((number) => [
        block(new Registry(store), [at(number)]),
        new Registry(store).change(({ groups }) => ({ groups: { ...groups, [`g${number}`]: {} } })),
      ]),
    )
    const found = (await kept(store)).map(({ redirect_host }) => redirect_host)
    assert.deepEqual(found.sort(), NUMBERS.map((number) => at(number).redirect_host).sort())
    assert.equal(Object.keys((await new Registry(store).refresh()).groups).length, 50)
    await Promise.all(NUMBERS.map((number) => unblock(new Registry(store), [at(number)])))
    assert.deepEqual(await kept(store), [])
  })

  test('a record of before has none, and takes them', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const before = { schema: 1, hash_kinds: ['x'], groups: { g: {} }, ended_before: {}, revision: 'r' }
    assert.equal(await store.create('registry', 'state', before, 0), 'won')
    assert.deepEqual(await kept(store), [])
    await block(new Registry(store), [at(1)])
    const { blocked_clients, hash_kinds, groups } = await new Registry(store).refresh()
    assert.deepEqual([blocked_clients, hash_kinds, groups], [[at(1)], ['x'], { g: {} }])
  })

  test('they are bounded, all or none; one that is there already is no other', async (t) => {
    const store = await open()
    t.after(() => store.close())
    const registry = new Registry(store)
    const many = Array.from({ length: 99 }, (_, number) => at(number))
    assert.equal(await block(registry, many), 99)
    await assert.rejects(block(registry, [at(99), at(100)]), /keeps 100 rules at most; put those that stay/)
    assert.equal((await kept(store)).length, 99)
    assert.equal(await block(registry, [at(99)]), 1)
    assert.equal(await block(registry, [{ redirect_host: 'H99.example.' }]), 0)
    assert.equal((await kept(store)).length, 100)
    await unblock(registry, [{ redirect_host: 'h99.EXAMPLE' }])
    assert.equal((await kept(store)).length, 99)
  })
})
