import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Due, ExpiryQueue } from '../../src/store/expiry.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { KINDS, type Kind, type StoredRecord, StoreFull, StoreUnavailable } from '../../src/store/store.ts'
import { storeContract } from '../contract/store.ts'
import { runs } from '../support/runs.ts'

storeContract('memory', async () => new MemoryStore())

const T = 1_000_000

function record(expires_at = T + 100, client_id?: string): StoredRecord {
  return Object.freeze({ revision: 'r', expires_at, ...(client_id && { client_id }) })
}

async function fill(store: MemoryStore, kind: Kind, count: number, of = record(), prefix = 'f') {
  for (let at = 0; at < count; at++) await store.create(kind, `${prefix}${at}`, of, T)
}

describe('memory store: caps', () => {
  // Of 100 records over all kinds, 50 may be grants.
  const GRANTS = 50
  const QUARTER = 12

  test('the shares of the kinds leave room for further kinds', () => {
    const sum = Object.values(KINDS).reduce((total, { share }) => total + share, 0)
    assert.ok(sum < 0.9, `${sum}`)
  })

  test('a mark of a use is refused, not evicted, when its share is full', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'revoked_token', 8)
    await assert.rejects(store.create('revoked_token', 'more', record(), T), StoreFull)
    for (let at = 0; at < 8; at++) assert.notEqual(await store.read('revoked_token', `f${at}`, T), undefined)
  })

  test('at the limit of a kind create refuses with StoreFull, which is a StoreUnavailable', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', GRANTS)
    await assert.rejects(store.create('grant', 'more', record(), T), StoreFull)
    await assert.rejects(store.create('grant', 'more', record(), T), StoreUnavailable)
    assert.equal(await store.read('grant', 'more', T), undefined)
  })

  test('nothing live is evicted', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', GRANTS)
    for (let at = 0; at < 50; at++) await store.create('grant', `more${at}`, record(), T).catch(() => {})
    for (let at = 0; at < GRANTS; at++) assert.notEqual(await store.read('grant', `f${at}`, T), undefined)
    assert.equal(store.size('grant'), GRANTS)
  })

  test('a full kind leaves the others room', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', GRANTS)
    for (const kind of ['session', 'revoked_token', 'consent'] as const) {
      assert.equal(await store.create(kind, 'one', record(), T), 'won')
    }
    assert.equal(await store.increment('one', T + 10, T), undefined)
  })

  test('a full kind still replaces and deletes what it has', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', GRANTS)
    assert.equal(await store.replace('grant', 'f0', 'r', record(), T), 'won')
    assert.equal(await store.create('grant', 'f0', record(), T), 'lost')
    await store.delete('grant', 'f1')
    await fill(store, 'grant', 1, record(), 'more')
    await assert.rejects(store.create('grant', 'more1', record(), T), StoreFull)
  })

  test('a full shelf of counters forgets the one that ends first, by its present end', async () => {
    const store = new MemoryStore(100)
    for (let at = 0; at < 8; at++) await store.increment(`c${at}`, T + 60 + at, T)
    // Queued as the first to end; it has lived on since.
    await store.increment('c0', T + 601, T + 1)
    assert.equal(await store.increment('more', T + 61, T + 1), undefined)
    const counts = await store.counters(['c0', 'c1', 'c2', 'more'], T + 1)
    assert.deepEqual(
      counts.map((counter) => counter?.count),
      [2, undefined, 1, 1],
    )
    assert.equal(store.size('counter'), 8)
  })

  test('what a full store says names the client that has most, for the log', async () => {
    const store = new MemoryStore(400)
    const refused = (client_id: string) =>
      store.create('grant', 'more', record(T + 100, client_id), T).then(
        () => assert.fail('there was room'),
        (error: StoreFull) => error,
      )
    await fill(store, 'grant', 50, record(T + 100, 'greedy'), 'g')
    assert.equal((await refused('greedy')).client_id, 'greedy')
    await fill(store, 'grant', 150, record(), 'n')
    assert.equal((await refused('other')).client_id, 'greedy')
  })

  test('a client never has more than a quarter of a kind, and others still have room', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', QUARTER, record(T + 100, 'greedy'))
    await assert.rejects(store.create('grant', 'more', record(T + 100, 'greedy'), T), StoreFull)
    assert.equal(await store.create('grant', 'other', record(T + 100, 'modest'), T), 'won')
    assert.equal(await store.create('grant', 'nobody', record(), T), 'won')
    assert.equal(await store.create('revoked_token', 'one', record(T + 100, 'greedy'), T), 'won')
  })

  test('what a client deletes or has replaced counts right against its quarter', async () => {
    const store = new MemoryStore(100)
    const mine = record(T + 100, 'greedy')
    await fill(store, 'grant', QUARTER, mine)
    await store.replace('grant', 'f0', 'r', mine, T)
    await assert.rejects(store.create('grant', 'more', mine, T), StoreFull)
    await store.delete('grant', 'f0')
    await fill(store, 'grant', 1, mine, 'more')
    await assert.rejects(store.create('grant', 'more1', mine, T), StoreFull)
  })

  test('expired records make room', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', GRANTS, record(T + 10))
    await assert.rejects(store.create('grant', 'more', record(T + 100), T + 9), StoreFull)
    for (let at = 0; at < GRANTS; at++) await store.create('grant', `more${at}`, record(T + 100), T + 10)
    await assert.rejects(store.create('grant', 'full', record(T + 100), T + 10), StoreFull)
  })

  test('expired records of a client make room in its quarter', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', QUARTER, record(T + 10, 'greedy'))
    assert.equal(await store.create('grant', 'more', record(T + 100, 'greedy'), T + 10), 'won')
  })

  test('expired records of a client make room in its quarter, also behind other expired ones', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', 20, record(T + 5), 'others')
    await fill(store, 'grant', QUARTER, record(T + 10, 'greedy'))
    assert.equal(await store.create('grant', 'more', record(T + 100, 'greedy'), T + 10), 'won')
  })

  test('an expired record makes room, also behind records whose end has moved', async () => {
    const store = new MemoryStore(100)
    await fill(store, 'grant', 10, record(T + 5), 'refreshed')
    await fill(store, 'grant', GRANTS - 10, record(T + 10))
    for (let at = 0; at < 10; at++) await store.replace('grant', `refreshed${at}`, 'r', record(T + 100), T)
    assert.equal(await store.create('grant', 'more', record(T + 100), T + 10), 'won')
  })
})

describe('memory store: expiry', () => {
  test('the work of one write is bounded: no scan, however much is due', async () => {
    const store = new MemoryStore(10_000)
    await fill(store, 'grant', 1000, record(T + 10))
    await store.create('grant', 'one', record(T + 100), T + 10)
    assert.ok(store.size('grant') > 900, `one write dropped ${1001 - store.size('grant')} records`)
  })

  test('expiry outruns creation: as many writes as there were dead records clear them', async () => {
    const store = new MemoryStore(10_000)
    await fill(store, 'grant', 1000, record(T + 10))
    for (let at = 0; at < 1000; at++) await store.create('grant', `new${at}`, record(T + 100), T + 10)
    assert.equal(store.size('grant'), 1000)
  })

  test('a record whose end moved later survives its old end; one whose end moved earlier is swept', async () => {
    const store = new MemoryStore(100)
    await store.create('grant', 'later', record(T + 10), T)
    await store.create('grant', 'earlier', record(T + 500), T)
    await store.replace('grant', 'later', 'r', record(T + 50), T)
    await store.replace('grant', 'earlier', 'r', record(T + 20), T)
    for (let at = 0; at < 4; at++) await store.create('grant', `w${at}`, record(T + 900), T + 30)
    assert.notEqual(await store.read('grant', 'later', T + 30), undefined)
    assert.equal(store.size('grant'), 5)
    for (let at = 4; at < 8; at++) await store.create('grant', `w${at}`, record(T + 900), T + 50)
    assert.equal(store.size('grant'), 8)
  })

  test('what has expired is not there, also where no sweep has reached it yet', async () => {
    const store = new MemoryStore(1000)
    for (let at = 0; at < 20; at++) await store.increment(`c${at}`, T + 5, T)
    await fill(store, 'grant', 20, record(T + 5, 'app'))
    await fill(store, 'grant', 2, record(T + 10, 'app'), 'late')
    await store.increment('late', T + 10, T)
    assert.equal(await store.replace('grant', 'late0', 'r', record(), T + 10), 'lost')
    assert.equal(await store.read('grant', 'late0', T + 10), undefined)
    assert.equal(await store.create('grant', 'late1', record(T + 100, 'app'), T + 10), 'won')
    assert.equal(await store.increment('late', T + 20, T + 10), undefined)
    for (let at = 0; at < 20; at++) await store.create('grant', `w${at}`, record(T + 100), T + 10)
    assert.equal(store.size('grant'), 21)
    assert.notEqual(await store.read('grant', 'late1', T + 10), undefined)
  })

  test('under random writes the store agrees with a plain map, and in the end holds only the living', async () => {
    const operation = fc.record({
      verb: fc.constantFrom('create', 'replace', 'delete', 'wait'),
      id: fc.nat(5),
      ttl: fc.nat(20),
      client: fc.constantFrom('a', 'b'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const store = new MemoryStore(1000)
        const model = new Map<string, StoredRecord>()
        let now = T
        for (const { verb, id: number, ttl, client } of operations) {
          const id = `${number}`
          const before = model.get(id)
          const living = before !== undefined && (before.expires_at as number) > now ? before : undefined
          const next = record(now + ttl, living?.client_id ?? client)
          if (verb === 'wait') now += ttl
          if (verb === 'create') {
            assert.equal(await store.create('grant', id, next, now), living ? 'lost' : 'won')
            if (!living) model.set(id, next)
          }
          if (verb === 'replace') {
            assert.equal(await store.replace('grant', id, 'r', next, now), living ? 'won' : 'lost')
            if (living) model.set(id, next)
          }
          if (verb === 'delete') {
            await store.delete('grant', id)
            model.delete(id)
          }
        }
        for (let at = 0; at < 10; at++) await store.create('grant', 'sweep', record(now + 1), now)
        const living = [...model.values()].filter(({ expires_at }) => (expires_at as number) > now)
        assert.equal(store.size('grant'), living.length + 1)
      }),
      { numRuns: runs(1000) },
    )
  })
})

describe('ExpiryQueue', () => {
  interface Item extends Due {
    name: number
  }

  test('popDue gives what a sorted list would, under any pushes and removals', () => {
    const operation = fc.oneof(
      { weight: 5, arbitrary: fc.record({ op: fc.constant('push' as const), due: fc.nat(1000) }) },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('remove' as const), at: fc.nat(1000) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('pop' as const), now: fc.nat(1100) }) },
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
        const queue = new ExpiryQueue<Item>()
        const model: Item[] = []
        for (const [name, step] of operations.entries()) {
          if (step.op === 'push') {
            const item = { name, due: step.due, slot: -1 }
            queue.push(item)
            model.push(item)
          } else if (step.op === 'remove' && model.length > 0) {
            const [item] = model.splice(step.at % model.length, 1)
            queue.remove(item as Item)
          } else if (step.op === 'pop') {
            const earliest = Math.min(...model.map(({ due }) => due))
            const popped = queue.popDue(step.now)
            if (earliest > step.now) assert.equal(popped, undefined)
            else {
              assert.equal(popped?.due, earliest)
              const at = model.indexOf(popped as Item)
              assert.notEqual(at, -1)
              model.splice(at, 1)
            }
          }
          assert.equal(queue.size, model.length)
        }
        const drained: number[] = []
        for (let item = queue.popDue(2000); item !== undefined; item = queue.popDue(2000))
          drained.push(item.due)
        assert.deepEqual(
          drained,
          model.map(({ due }) => due).sort((a, b) => a - b),
        )
      }),
      { numRuns: runs(2000) },
    )
  })

  test('an item is due at its time, not before', () => {
    const queue = new ExpiryQueue<Item>()
    const item = { name: 1, due: 10, slot: -1 }
    queue.push(item)
    assert.equal(queue.popDue(9), undefined)
    assert.equal(queue.popDue(10), item)
    assert.equal(queue.popDue(10), undefined)
  })
})
