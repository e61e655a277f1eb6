// The store alone: callers that read a record and replace it, each its own, with no HTTP and no token around it.
import { randomBytes } from 'node:crypto'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { insert, update } from '../../src/store/update.ts'
import { ending, ID, settings, tell, VALUE } from './disk.ts'

const { file, sync, callers, seconds } = settings()
const store = await SqliteStore.open({ file, sync }, (_level, message) => console.error(message))
const took: number[] = []
let until = Number.POSITIVE_INFINITY

async function call(id: string): Promise<void> {
  for (let now = performance.now(); now < until; ) {
    const ends = ending()
    const key = { kind: 'grant', id, now: ends - 3600 } as const
    const next = { expires_at: ends, value: VALUE }
    const won = await update(store, key, (record) => ({ next, answer: record !== undefined }))
    if (!won) throw new Error('the record is gone')
    const after = performance.now()
    took.push(after - now)
    now = after
  }
}

const ids = Array.from({ length: callers }, () => randomBytes(ID).toString('base64url').slice(0, ID))
for (const id of ids)
  await insert(store, { kind: 'grant', id, now: ending() - 3600 }, { expires_at: ending() })
const begun = performance.now()
until = begun + seconds * 1000
await Promise.all(ids.map(call))
tell({ took, done: took.length, seconds: (performance.now() - begun) / 1000 })
await store.close()
