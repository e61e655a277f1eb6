// A bare loop of commits: node commits.ts <file> <full|normal> <operations of a commit> <seconds>. Prints a line of JSON.
import { randomBytes } from 'node:crypto'
import { openForWriting, type Sync } from '../../src/store/sqlite-schema.ts'

/** What the loop has found. */
export interface Commits {
  /** Operations a second. */
  rate: number
  /** Milliseconds of a commit. */
  p50: number
  p99: number
}

const [file = '', sync = 'full', batch = '1', seconds = '1'] = process.argv.slice(2)
const RECORDS = 2000
// Bytes: as a living grant has.
const VALUE = 450
const NOW = Math.floor(Date.now() / 1000)

const database = openForWriting(file, sync as Sync)
const put = database.prepare(
  'INSERT OR REPLACE INTO record (kind, id, revision, expires_at, value) VALUES (?, ?, ?, ?, ?)',
)
// What a refresh does: the compare-and-swap of one record.
const swap = database.prepare(
  `UPDATE record SET revision = ?, expires_at = ?, value = ?
   WHERE kind = ? AND id = ? AND revision = ? AND (expires_at IS NULL OR expires_at > ?)`,
)
const value = 'x'.repeat(VALUE)
const records = Array.from({ length: RECORDS }, () => {
  const id = randomBytes(16).toString('base64url')
  put.run('grant', id, 'a', NOW + 86_400, value)
  return { id, revision: 'a' }
})

const each = Number(batch)
const took: number[] = []
let done = 0
const begun = performance.now()
const until = begun + Number(seconds) * 1000
for (let now = begun; now < until; ) {
  database.exec('BEGIN IMMEDIATE')
  for (let i = 0; i < each; i++) {
    const record = records[(done + i) % RECORDS] as { id: string; revision: string }
    const next = String(done + i)
    const { changes } = swap.run(next, NOW + 86_400, value, 'grant', record.id, record.revision, NOW)
    if (changes !== 1) throw new Error('the record is another')
    record.revision = next
  }
  database.exec('COMMIT')
  done += each
  const after = performance.now()
  took.push(after - now)
  now = after
}
const rate = (done / (performance.now() - begun)) * 1000
took.sort((one, other) => one - other)
const part = (of: number) => took[Math.floor(took.length * of)] ?? Number.NaN
database.close()
console.log(JSON.stringify({ rate, p50: part(0.5), p99: part(0.99) } satisfies Commits))
