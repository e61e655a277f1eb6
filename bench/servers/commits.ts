// A bare loop of commits: what the disk and SQLite allow, with nothing around them. In each transaction as many refreshes'
// compare-and-swaps as in those of the store.
import { randomBytes } from 'node:crypto'
import { openForWriting } from '../../src/store/sqlite-schema.ts'
import { ending, ID, settings, tell, VALUE } from './disk.ts'

const { file, sync, callers, batches, seconds } = settings()
const database = openForWriting(file, sync)
const put = database.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?)')
const swap = database.prepare(
  `UPDATE record SET revision = ?, expires_at = ?, value = ?
   WHERE kind = ? AND id = ? AND revision = ? AND (expires_at IS NULL OR expires_at > ?)`,
)
const records = Array.from({ length: callers }, () => {
  const id = randomBytes(ID).toString('base64url').slice(0, ID)
  put.run('grant', id, '0', ending(), VALUE)
  return { id, revision: '0' }
})

const took: number[] = []
let done = 0

function commit(operations: number): void {
  const ends = ending()
  database.exec('BEGIN IMMEDIATE')
  for (let i = 0; i < operations; i++) {
    const record = records[done++ % callers] as (typeof records)[number]
    const revision = String(done).padStart(12, '0')
    const { changes } = swap.run(revision, ends, VALUE, 'grant', record.id, record.revision, ends - 3600)
    if (changes !== 1) throw new Error('the record is another one')
    record.revision = revision
  }
  database.exec('COMMIT')
}

const begun = performance.now()
for (let now = begun; now < begun + seconds * 1000; ) {
  commit(batches[took.length % batches.length] as number)
  const after = performance.now()
  took.push(after - now)
  now = after
}
tell({ took, done, seconds: (performance.now() - begun) / 1000 })
database.close()
