import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Answer, type Asked, runBatch } from '../../src/store/sqlite-batch.ts'
import { operationsOn } from '../../src/store/sqlite-operations.ts'
import { openForReading, openForWriting } from '../../src/store/sqlite-schema.ts'
import { folderOfTests } from '../support/sqlite-store.ts'

const folder = folderOfTests()
const NOW = 1_800_000_000
let files = 0

const row = (revision: string, value = '{}', expires_at: number | null = null) => [
  revision,
  expires_at,
  value,
]
const create = (number: number, id: string, value = '{}'): Asked => [
  number,
  'create',
  'grant',
  id,
  row('r1', value),
  NOW,
]
const swap = (number: number, id: string, to: string): Asked => [
  number,
  'replace',
  'grant',
  id,
  'r1',
  row(to),
  NOW,
]

/** An open file with its operations, and how a batch runs on it. */
function opened(t: TestContext) {
  const file = join(folder, `batch-${++files}.db`)
  const database = openForWriting(file, 'full')
  t.after(() => database.isOpen && database.close())
  const operations = operationsOn(database)
  const run = (asked: readonly Asked[], on = database, now = NOW) => runBatch(on, operations, { asked, now })
  return { file, database, operations, run }
}

const results = (answers: readonly Answer[]) =>
  answers.map(([, result, value]) => (result === 'done' ? value : result))
const ids = (database: DatabaseSync) =>
  database
    .prepare('SELECT id FROM record ORDER BY id')
    .all()
    .map(({ id }) => id)

/** The file, but what it is told to do at one point fails as SQLite fails. */
function failing(database: DatabaseSync, at: string, errcode: number): DatabaseSync {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'exec')
        return (sql: string) => {
          if (sql === at) throw Object.assign(new Error(`forced at ${at}`), { errcode })
          return target.exec(sql)
        }
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('the operations of a batch see each other, and are committed together', (t) => {
  const { run, database } = opened(t)
  assert.deepEqual(
    results(run([create(1, 'a'), create(2, 'a'), swap(3, 'a', 'r2'), swap(4, 'a', 'r3')])),
    [1, 0, 1, 0],
  )
  assert.deepEqual(ids(database), ['a'])
  assert.equal(database.isTransaction, false)
})

test('one that fails goes back alone; the others count', (t) => {
  const { run, database } = opened(t)
  // No record has such a value: the operation itself fails, in the middle of its writes.
  const broken: Asked = [2, 'create', 'grant', 'bad', ['r', null, null], NOW]
  assert.deepEqual(results(run([create(1, 'a'), broken, create(3, 'b')])), [1, 'failed', 1])
  assert.deepEqual(ids(database), ['a', 'b'])
})

test('a full disk: nobody’s write happened, also of those before it, and there is room again later', (t) => {
  const { run, database } = opened(t)
  const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const large = 'x'.repeat(40_000)
  assert.deepEqual(results(run([create(1, 'a'), create(2, 'b', large), create(3, 'c')])), [
    'failed',
    'failed',
    'failed',
  ])
  assert.deepEqual(ids(database), [])
  database.exec('PRAGMA max_page_count = 100000')
  assert.deepEqual(results(run([create(1, 'a'), create(2, 'b', large)])), [1, 1])
})

test('a file that may only be read any more: it surely did not happen', (t) => {
  const { run, database } = opened(t)
  run([create(1, 'a')])
  database.exec('PRAGMA query_only = ON')
  assert.deepEqual(results(run([create(1, 'b'), swap(2, 'a', 'r2')])), ['failed', 'failed'])
  database.exec('PRAGMA query_only = OFF')
  assert.deepEqual(results(run([create(1, 'b'), swap(2, 'a', 'r2')])), [1, 1])
})

test('another process that holds the file too long: it surely did not happen', (t) => {
  const { run, database, file } = opened(t)
  const other = new DatabaseSync(file)
  t.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  database.exec('PRAGMA busy_timeout = 10')
  assert.deepEqual(results(run([create(1, 'a')])), ['failed'])
  other.exec('ROLLBACK')
  assert.deepEqual(results(run([create(1, 'a')])), [1])
})

test('a disk that fails at the commit: nobody can say what happened; one that refuses it has done nothing', (t) => {
  const { run, database } = opened(t)
  const [IOERR_FSYNC, FULL] = [10 | (4 << 8), 13]
  assert.deepEqual(results(run([create(1, 'a'), create(2, 'b')], failing(database, 'COMMIT', IOERR_FSYNC))), [
    'unknown',
    'unknown',
  ])
  assert.deepEqual(results(run([create(1, 'c')], failing(database, 'COMMIT', FULL))), ['failed'])
  assert.equal(database.isTransaction, false)
  assert.deepEqual(results(run([create(1, 'd')])), [1])
})

test('no answer before the commit: a reader beside sees nothing of a batch that is not whole', (t) => {
  const { database, file, operations } = opened(t)
  const beside = openForReading(file)
  t.after(() => beside.close())
  let seen: unknown[] | undefined
  const watched = failing(database, 'nothing', 0)
  const looking = {
    ...operations,
    sweep(now: number, made: number) {
      operations.sweep(now, made)
      seen = ids(beside)
    },
  }
  const answers = runBatch(watched, looking, { asked: [create(1, 'a'), create(2, 'b')], now: NOW })
  assert.deepEqual(seen, [])
  assert.deepEqual(results(answers), [1, 1])
  assert.deepEqual(ids(beside), ['a', 'b'])
})

test('what has ended is swept with the batches, a few at a time; what lasts stays', (t) => {
  const { run, database } = opened(t)
  const ending = Array.from(
    { length: 100 },
    (_, at): Asked => [at, 'create', 'grant', `e${at}`, row('r', '{}', NOW + 10), NOW],
  )
  const links = Array.from({ length: 100 }, (_, at): Asked => [at, 'link', 'l', `m${at}`, NOW + 10])
  run([...ending, ...links, create(1, 'lasting')])
  const left = () =>
    Number(
      database.prepare('SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM link) AS n').get()?.n,
    )
  assert.equal(left(), 201)
  run([[1, 'ping']], database, NOW + 9)
  assert.equal(left(), 201)
  run([[1, 'ping']], database, NOW + 10)
  assert.ok(left() < 201 && left() > 100)
  for (let at = 0; at < 10; at++) run([[1, 'ping']], database, NOW + 10)
  assert.deepEqual(ids(database), ['lasting'])
  assert.equal(left(), 1)
})

test('batches that make more than a few keep up with it: what is over does not pile up', (t) => {
  const { run, database } = opened(t)
  const EACH = 200
  for (let at = 0; at < 20; at++) {
    const asked = Array.from({ length: EACH }, (_, number): Asked => {
      const made = row('r', '{}', NOW + at + 1)
      return [number, 'create', 'grant', `${at}-${number}`, made, NOW + at]
    })
    run(asked, database, NOW + at)
    // Those of this batch, and those that were over when it ran.
    assert.ok(ids(database).length <= 2 * EACH)
  }
})
