import { KINDS, type Kind, type StoredRecord } from './store.ts'

type Step = (record: StoredRecord) => StoredRecord

/**
 * The steps that bring a durable kind's records up to date: the first turns schema 1 into 2, the next 2 into 3. A
 * record is migrated when it is read and written back at its next change, so an upgrade needs no downtime.
 */
export type Migrations = Readonly<Partial<Record<Kind, readonly Step[]>>>

const MIGRATIONS: Migrations = { consent: [], signing_keys: [] }

/**
 * The record in the schema of this release. A record of a later release, which a rolling upgrade leaves behind, is
 * returned as it is: later schemas only add.
 */
export function migrated(
  kind: Kind,
  record: StoredRecord,
  migrations: Migrations = MIGRATIONS,
): StoredRecord {
  if (!KINDS[kind].durable) return record
  const { schema = 1 } = record as StoredRecord & { schema?: number }
  let current = record
  for (const [at, step] of (migrations[kind] ?? []).entries()) {
    if (at + 1 >= schema) current = { ...step(current), schema: at + 2 } as StoredRecord
  }
  return current
}
