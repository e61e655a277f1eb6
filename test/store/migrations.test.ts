import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Migrations, migrated, NewerRecord } from '../../src/store/migrations.ts'
import type { StoredRecord } from '../../src/store/store.ts'

type Versioned = StoredRecord & { schema?: number; steps?: string }

const STEPS: Migrations = {
  consent: [
    (record) => ({ ...record, steps: 'one' }) as Versioned,
    (record) => ({ ...record, steps: `${(record as Versioned).steps ?? 'none'} two` }) as Versioned,
  ],
}

const read = (record: Versioned) => migrated('consent', record, STEPS) as Versioned

test('a durable record goes through every step that it has not seen, and keeps its revision', () => {
  assert.deepEqual(read({ revision: 'r', schema: 1 }), { revision: 'r', schema: 3, steps: 'one two' })
  assert.deepEqual(read({ revision: 'r' }), { revision: 'r', schema: 3, steps: 'one two' })
  assert.deepEqual(read({ revision: 'r', schema: 2 }), { revision: 'r', schema: 3, steps: 'none two' })
})

test('one of this release, or of a later one, is given as it is', () => {
  for (const schema of [3, 4]) assert.deepEqual(read({ revision: 'r', schema }), { revision: 'r', schema })
})

test('expiring records have no schema', () => {
  assert.deepEqual(migrated('grant', { revision: 'r' }, STEPS), { revision: 'r' })
})

test('a record that this release would misread is answered as by a store that cannot', () => {
  for (const kind of ['consent', 'grant', 'session'] as const) {
    const record = { revision: 'r', schema: 9, least_schema: 9 } as StoredRecord
    assert.throws(() => migrated(kind, record, STEPS), NewerRecord)
  }
  const same = { revision: 'r', schema: 9, least_schema: 3 } as StoredRecord
  assert.equal(migrated('consent', same, STEPS), same)
})
