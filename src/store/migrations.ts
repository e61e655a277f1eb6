import { KINDS, type Kind, type StoredRecord, StoreUnavailable } from './store.ts'

type Step = (record: StoredRecord) => StoredRecord

/**
 * The steps that bring a kind's records up to date: the first turns schema 1 into 2, the next 2 into 3. A durable
 * record is migrated when it is read and written back at its next change, so an upgrade needs no downtime;
 * of others the steps only say which schema this release can read.
 */
export type Migrations = Readonly<Partial<Record<Kind, readonly Step[]>>>

// Schema 2 of a grant adds `resource`, of a consent `ends_at`, which most have not.
const MIGRATIONS: Migrations = {
  consent: [(record) => record],
  signing_keys: [],
  grant: [(record) => record],
}

/**
 * The record in the schema of this release. A record of a later release, which a rolling upgrade leaves behind, is
 * returned as it is: later schemas only add. One that an earlier release would misread says the lowest schema that may read it
 * (`least_schema`); here it then answers as a store that cannot: throws `StoreUnavailable`.
 */
export function migrated(
  kind: Kind,
  record: StoredRecord,
  migrations: Migrations = MIGRATIONS,
): StoredRecord {
  const { schema = 1, least_schema = 1 } = record as StoredRecord & { schema?: number; least_schema?: number }
  const steps = migrations[kind] ?? []
  if (least_schema > steps.length + 1) throw new NewerRecord(`a ${kind} record needs schema ${least_schema}`)
  if (!KINDS[kind].durable) return record
  let current = record
  for (const [at, step] of steps.entries()) {
    if (at + 1 >= schema) current = { ...step(current), schema: at + 2 } as StoredRecord
  }
  return current
}

/** A later release wrote a record that this one would misread: another node, or this one when it is upgraded, can serve it. */
export class NewerRecord extends StoreUnavailable {
  override readonly name = 'NewerRecord'
  override readonly report = { level: 'error', msg: 'a record in the store needs a later release' } as const
}
