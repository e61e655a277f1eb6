import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SqliteStore } from '../../src/store/sqlite.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { insert, update } from '../../src/store/update.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const folder = folderOfTests()
const NOW = Math.floor(Date.now() / 1000)
const note = (revision: string) => ({ revision, expires_at: NOW + 1000 })
const answers = (store: SqliteStore) => () =>
  store.ping().then(
    () => true,
    () => false,
  )

test('a thread that dies: what it had is unknown, or there; the next one goes on with the file', async (t) => {
  const said: string[] = []
  const store = await openSqlite(join(folder, 'killed.db'), (_level, message) => said.push(message))
  t.after(() => store.close())
  for (let round = 0; round < 5; round++) {
    const writes = Array.from({ length: 200 }, (_, at) =>
      store.create('grant', `${round}-${at}`, note('r1'), NOW).catch((error: unknown) => {
        assert.ok(error instanceof StoreUnavailable)
        return 'failed' as const
      }),
    )
    // Between any two steps of the batch.
    const killed = new Promise((resolve) => setTimeout(() => resolve(store.killWriter()), round))
    const outcomes = await Promise.all(writes)
    await killed
    await until(answers(store), 'another thread')
    for (const [at, outcome] of outcomes.entries()) {
      const found = await store.read('grant', `${round}-${at}`, NOW)
      if (outcome === 'won') assert.ok(found, 'what was answered is there')
      if (outcome === 'failed') assert.equal(found, undefined, 'what surely failed is not')
      assert.notEqual(outcome, 'lost')
    }
  }
  assert.ok(said.includes('the thread that writes to the store has ended; starting another'))
})

test('a write whose answer died with the thread is found to be its own, and accuses nobody', async (t) => {
  const store = await openSqlite(join(folder, 'own.db'))
  t.after(() => store.close())
  type Counted = ReturnType<typeof note> & { n: number }
  await store.create('grant', 'one', { ...note('r1'), n: 0 } as Counted, NOW)
  let calls = 0
  const adding = () =>
    update<Counted, number>(store, { kind: 'grant', id: 'one', now: NOW }, (record) => {
      calls++
      return { next: { expires_at: NOW + 1000, n: (record?.n ?? 0) + 1 }, answer: 1 }
    })
  let done = 0
  let unavailable = 0
  for (let round = 0; round < 10; round++) {
    const one = adding().then(
      () => done++,
      (error) => {
        assert.ok(error instanceof StoreUnavailable)
        unavailable++
      },
    )
    const killed = new Promise((resolve) => setTimeout(() => resolve(store.killWriter()), 1))
    await Promise.all([one, killed])
    await until(answers(store), 'another thread')
  }
  const n = (await store.read<Counted>('grant', 'one', NOW))?.n ?? 0
  // Each that was answered is there once; of the others some may be.
  assert.ok(n >= done && n <= done + unavailable, `${done} answered, ${unavailable} not, ${n} there`)
  assert.ok(calls >= n)
})

test('while there is no thread, reads go on, writes are refused, and waiting ends', async (t) => {
  const store = await openSqlite(join(folder, 'none.db'))
  t.after(() => store.close())
  await insert(store, { kind: 'grant', id: 'a', now: NOW }, { expires_at: NOW + 1000 })
  await store.killWriter()
  assert.ok(await store.read('grant', 'a', NOW))
  await assert.rejects(store.create('grant', 'b', note('r'), NOW), StoreUnavailable)
  await assert.rejects(store.ping(), StoreUnavailable)
  await store.reachable()
  await until(answers(store), 'another thread')
  assert.equal(await store.create('grant', 'b', note('r'), NOW), 'won')
})

test('what is asked before the end is answered before it', async () => {
  const store = await openSqlite(join(folder, 'end.db'))
  const writes = Array.from({ length: 1000 }, (_, at) => store.create('grant', `${at}`, note('r'), NOW))
  await store.close()
  assert.deepEqual(new Set(await Promise.all(writes)), new Set(['won']))
  await assert.rejects(store.create('grant', 'late', note('r'), NOW), StoreUnavailable)
  await assert.rejects(store.read('grant', '0', NOW), StoreUnavailable)
})
