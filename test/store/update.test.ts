import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import { type StoredRecord, StoreFull, StoreUnavailable, type WriteOutcome } from '../../src/store/store.ts'
import { type Decision, insert, update } from '../../src/store/update.ts'
import { type Fault, FaultyMemoryStore } from '../support/faulty-store.ts'

interface Tally extends StoredRecord {
  readonly n: number
}

const T = 1_000_000
const KEY = { kind: 'grant', id: 'one', now: T } as const

async function opened(n = 0): Promise<FaultyMemoryStore> {
  const store = new FaultyMemoryStore()
  await store.create('grant', 'one', Object.freeze({ revision: 'r0', expires_at: T + 100, n }) as Tally, T)
  return store
}

/** Gives the faults one after another to the operations of `verb`; other operations and later ones succeed. */
function script(store: FaultyMemoryStore, faults: Partial<Record<string, Fault[]>>): { seen: string[] } {
  const seen: string[] = []
  store.fault = ({ verb }) => {
    seen.push(verb)
    return faults[verb]?.shift() ?? 'none'
  }
  return { seen }
}

function calm(store: FaultyMemoryStore): Promise<Tally | undefined> {
  store.fault = () => 'none'
  return store.read<Tally>('grant', 'one', T)
}

function add(record: Tally | undefined): Decision<Tally, number> {
  if (record === undefined) return { answer: -1 }
  return { next: { expires_at: T + 100, n: record.n + 1 }, answer: record.n + 1 }
}

/** Like a code: the first use wins, the second is blamed and deletes. */
function useOnce(record: Tally | undefined): Decision<Tally, string> {
  if (record === undefined) return { answer: 'unknown' }
  if (record.n > 0) return { next: 'delete', answer: 'reused', accuses: true }
  return { next: { expires_at: T + 100, n: 1 }, answer: 'used' }
}

describe('update', () => {
  test('reads, decides, replaces, and draws a revision of its own', async () => {
    const store = await opened()
    assert.equal(await update(store, KEY, add), 1)
    const record = await calm(store)
    assert.equal(record?.n, 1)
    assert.match(record?.revision ?? '', /^[\w-]{12}$/)
    await update(store, KEY, add)
    assert.notEqual((await calm(store))?.revision, record?.revision)
  })

  test('a decision without a next version writes nothing', async () => {
    const store = await opened()
    const { seen } = script(store, {})
    assert.equal(await update<Tally, string>(store, KEY, () => ({ answer: 'seen' })), 'seen')
    assert.deepEqual(seen, ['read'])
  })

  test('where there is no record the decision may only answer', async () => {
    const store = new FaultyMemoryStore()
    const { seen } = script(store, {})
    assert.equal(await update(store, KEY, add), -1)
    const creating = () => ({ next: { expires_at: T + 100, n: 1 }, answer: 'made' })
    assert.equal(await update<Tally, string>(store, KEY, creating), 'made')
    assert.equal(await update<Tally, string>(store, KEY, () => ({ next: 'delete', answer: 'x' })), 'x')
    assert.deepEqual(seen, ['read', 'read', 'read'])
    assert.equal(await calm(store), undefined)
  })

  test('a record past its end is no record', async () => {
    const store = await opened()
    assert.equal(await update(store, { ...KEY, now: T + 100 }, add), -1)
  })

  test('a known record saves the first read', async () => {
    const store = await opened()
    const known = await store.read<Tally>('grant', 'one', T)
    const { seen } = script(store, {})
    assert.equal(await update(store, { ...KEY, known }, add), 1)
    assert.deepEqual(seen, ['replace'])
  })

  test('lost: reads again and decides again', async () => {
    const store = await opened()
    const known = await store.read<Tally>('grant', 'one', T)
    await update(store, KEY, add)
    await update(store, KEY, add)
    const { seen } = script(store, {})
    assert.equal(await update(store, { ...KEY, known }, add), 3)
    assert.deepEqual(seen, ['replace', 'read', 'replace'])
    assert.equal((await calm(store))?.n, 3)
  })

  test('lost to a deletion: decides with no record', async () => {
    const store = await opened()
    const known = await store.read<Tally>('grant', 'one', T)
    await store.delete('grant', 'one')
    assert.equal(await update(store, { ...KEY, known }, add), -1)
    assert.equal(await calm(store), undefined)
  })

  test('unknown with the write done: the answer of my own attempt, once', async () => {
    const store = await opened()
    let decided = 0
    const { seen } = script(store, { replace: ['after'] })
    const answer = await update<Tally, number>(store, KEY, (record) => {
      decided++
      return add(record)
    })
    assert.equal(answer, 1)
    assert.equal(decided, 1)
    assert.deepEqual(seen, ['read', 'replace', 'read'])
    assert.equal((await calm(store))?.n, 1)
  })

  test('unknown with the write done and an answer of nothing: still decided once', async () => {
    const store = await opened()
    script(store, { replace: ['after'] })
    await update<Tally, undefined>(store, KEY, (record) => ({ ...add(record), answer: undefined }))
    assert.equal((await calm(store))?.n, 1)
  })

  test('unknown with the write done, for an answer of false: still decided once', async () => {
    const store = await opened()
    script(store, { replace: ['after'] })
    const answer = await update<Tally, boolean>(store, KEY, (record) => ({ ...add(record), answer: false }))
    assert.equal(answer, false)
    assert.equal((await calm(store))?.n, 1)
  })

  test('unknown with the write not done: decided again, and done', async () => {
    const store = await opened()
    const { seen } = script(store, { replace: ['before', 'before'] })
    assert.equal(await update(store, KEY, add), 1)
    assert.deepEqual(seen, ['read', 'replace', 'read', 'replace', 'read', 'replace'])
    assert.equal((await calm(store))?.n, 1)
  })

  test('unknown with the write done, then overwritten by another: decided again on what is there', async () => {
    const store = await opened()
    let reads = 0
    store.fault = async ({ verb }) => {
      if (verb === 'replace') return 'after'
      if (++reads === 2) {
        store.fault = () => 'none'
        await update(store, KEY, add)
      }
      return 'none'
    }
    const saw: (number | undefined)[] = []
    const answer = await update<Tally, string>(store, KEY, (record) => {
      saw.push(record?.n)
      return saw.length === 1 ? { ...add(record), answer: 'first' } : { answer: 'second' }
    })
    assert.equal(answer, 'second')
    assert.deepEqual(saw, [0, 2])
  })

  test('a use that is my own unknown write is my success, never an accusation', async () => {
    const store = await opened()
    script(store, { replace: ['after'] })
    assert.equal(await update(store, KEY, useOnce), 'used')
    assert.equal((await calm(store))?.n, 1)
  })

  test('an accusation after an own unknown write is StoreUnavailable, and nothing is revoked', async () => {
    const store = await opened()
    let reads = 0
    store.fault = async ({ verb }) => {
      if (verb === 'replace' && reads === 1) return 'after'
      if (verb === 'read' && ++reads === 2) {
        // Another caller changes the record between my write and my second look: my revision is gone.
        store.fault = () => 'none'
        await update(store, KEY, add)
      }
      return 'none'
    }
    await assert.rejects(update(store, KEY, useOnce), StoreUnavailable)
    assert.equal((await calm(store))?.n, 2)
  })

  test('an accusation after an unknown write that another caller beat is StoreUnavailable too', async () => {
    const store = await opened()
    let reads = 0
    store.fault = async ({ verb }) => {
      if (verb === 'replace' && reads === 1) return 'before'
      if (verb === 'read' && ++reads === 2) {
        store.fault = () => 'none'
        await update(store, KEY, useOnce)
      }
      return 'none'
    }
    await assert.rejects(update(store, KEY, useOnce), StoreUnavailable)
    assert.equal((await calm(store))?.n, 1)
  })

  test('an accusation without an unknown write of its own is acted on', async () => {
    const store = await opened(1)
    assert.equal(await update(store, KEY, useOnce), 'reused')
    assert.equal(await calm(store), undefined)
  })

  test('an accusation after a write that was lost, not unknown, is acted on', async () => {
    const store = await opened()
    const known = await store.read<Tally>('grant', 'one', T)
    await update(store, KEY, useOnce)
    assert.equal(await update(store, { ...KEY, known }, useOnce), 'reused')
    assert.equal(await calm(store), undefined)
  })

  for (const fault of ['before', 'after'] as const) {
    test(`a deletion whose outcome is unknown (${fault}) is tried again until the record is gone`, async () => {
      const store = await opened()
      script(store, { delete: [fault, fault] })
      await update<Tally, undefined>(store, KEY, () => ({ next: 'delete', answer: undefined }))
      assert.equal(await calm(store), undefined)
    })
  }

  test('a reuse whose deletion was unknown and not done is still revoked', async () => {
    const store = await opened(1)
    script(store, { delete: ['before'] })
    assert.equal(await update(store, KEY, useOnce), 'reused')
    assert.equal(await calm(store), undefined)
  })

  test('a reuse whose deletion was unknown and done is still answered as reuse', async () => {
    const store = await opened(1)
    script(store, { delete: ['after'] })
    assert.equal(await update(store, KEY, useOnce), 'reused')
    assert.equal(await calm(store), undefined)
  })

  test('a store that is down is StoreUnavailable, and a certain failure is not tried again', async () => {
    const store = await opened()
    script(store, { read: ['before'] })
    await assert.rejects(update(store, KEY, add), StoreUnavailable)
    store.vague = false
    const { seen } = script(store, { replace: ['before'] })
    await assert.rejects(update(store, KEY, add), StoreUnavailable)
    assert.deepEqual(seen, ['read', 'replace'])
    assert.equal((await calm(store))?.n, 0)
  })

  test('a record that stays contended ends in StoreUnavailable after a bounded number of attempts', async () => {
    let replaces = 0
    class Contended extends MemoryStore {
      override async replace(): Promise<WriteOutcome> {
        replaces++
        return 'lost'
      }
    }
    const store = new Contended()
    await store.create('grant', 'one', { revision: 'r0', expires_at: T + 100 }, T)
    await assert.rejects(update(store, KEY, add), StoreUnavailable)
    // At least as many as the callers that a healthy burst may bring, and not without end.
    assert.ok(replaces >= 50 && replaces <= 1000, `${replaces} attempts`)
  })

  test('a deletion that stays unknown ends in StoreUnavailable', async () => {
    const store = await opened()
    store.fault = ({ verb }) => (verb === 'delete' ? 'before' : 'none')
    const decide = (): Decision<Tally, string> => ({ next: 'delete', answer: 'gone' })
    await assert.rejects(update(store, KEY, decide), StoreUnavailable)
  })

  test('50 concurrent updates with a fault in every third write lose nothing and double nothing', async () => {
    const store = await opened()
    let writes = 0
    store.fault = async ({ verb }) => {
      if (verb !== 'replace') return 'none'
      writes++
      return writes % 3 === 0 ? 'before' : 'none'
    }
    await Promise.all(Array.from({ length: 50 }, () => update(store, KEY, add)))
    assert.equal((await calm(store))?.n, 50)
  })
})

describe('insert', () => {
  const record = Object.freeze({ expires_at: T + 100, n: 7 })

  test('writes the record with a revision of its own', async () => {
    const store = new FaultyMemoryStore()
    await insert(store, KEY, record)
    const found = await calm(store)
    assert.equal(found?.n, 7)
    assert.match(found?.revision ?? '', /^[\w-]{12}$/)
  })

  test('unknown with the write done: lost can only mean our own attempt', async () => {
    const store = new FaultyMemoryStore()
    const { seen } = script(store, { create: ['after'] })
    await insert(store, KEY, record)
    assert.deepEqual(seen, ['create', 'create', 'read'])
    assert.equal((await calm(store))?.n, 7)
  })

  test('unknown with the write not done: written again', async () => {
    const store = new FaultyMemoryStore()
    script(store, { create: ['before', 'before'] })
    await insert(store, KEY, record)
    assert.equal((await calm(store))?.n, 7)
  })

  test('unknown, however it ended, until patience runs out: StoreUnavailable', async () => {
    for (const fault of ['before', 'after'] as const) {
      const store = new FaultyMemoryStore()
      let creates = 0
      store.fault = ({ verb }) => {
        if (verb === 'create') creates++
        return verb === 'create' ? fault : 'none'
      }
      if (fault === 'before') await assert.rejects(insert(store, KEY, record), StoreUnavailable)
      else await insert(store, KEY, record).catch((error) => assert.ok(error instanceof StoreUnavailable))
      assert.ok(creates <= 10, `${creates} attempts`)
    }
  })

  test("somebody else's record under this id is StoreUnavailable and stays", async () => {
    const store = await opened(3)
    await assert.rejects(insert(store, KEY, record), StoreUnavailable)
    assert.equal((await calm(store))?.n, 3)
  })

  test("somebody else's record after an unknown outcome is not taken for our own", async () => {
    const store = await opened(3)
    script(store, { create: ['before'] })
    await assert.rejects(insert(store, KEY, record), StoreUnavailable)
    assert.equal((await calm(store))?.n, 3)
  })

  test('a full store is StoreFull', async () => {
    const store = new MemoryStore(4)
    for (let at = 0; at < 4; at++) await insert(store, { ...KEY, id: `${at}` }, record)
    await assert.rejects(insert(store, KEY, record), StoreFull)
  })
})
