// A program for the test of power losses: node answered-writes.ts <file> <full|normal> <marks>. It writes to the store in the file
// as callers of a server do, and marks each write that was answered, in a file of its own: `m <key> <number>`.
import { openSync, writeSync } from 'node:fs'
import { SqliteStore } from '../../src/store/sqlite.ts'
import type { Sync } from '../../src/store/sqlite-schema.ts'
import type { StoredRecord } from '../../src/store/store.ts'

interface Counted extends StoredRecord {
  number: number
  filling: string
}

const CALLERS = 32
// As many as SQLite needs to take its log into the file several times.
const WRITES = 300
const [file = '', sync = 'full', marks = ''] = process.argv.slice(2)
const store = await SqliteStore.open({ file, sync: sync as Sync }, () => {})
const output = openSync(marks, 'w')
const now = store.clock()

await Promise.all(
  Array.from({ length: CALLERS }, async (_, caller) => {
    const id = `caller-${caller}`
    const record = (number: number): Counted => ({
      ...{ number, revision: `r${number}`, expires_at: now + 3600 },
      filling: `${caller} ${number} `.repeat(60),
    })
    await store.create('grant', id, record(0), now)
    for (let number = 1; number <= WRITES; number++) {
      const outcome = await store.replace('grant', id, `r${number - 1}`, record(number), now)
      if (outcome !== 'won') throw new Error(`${id}: ${outcome}`)
      writeSync(output, `m ${id} ${number}\n`)
    }
  }),
)
await store.close()
