import { hash } from 'node:crypto'
import type { ClientEntry } from '../config/schema.ts'
import type { StoredRecord } from '../store/store.ts'
import type { ClientTerms } from './registration/authentication.ts'

/** A secret as it is kept: of one of ours its SHA-256, of one that was given a slow hash. */
export interface KeptSecret {
  readonly name: string
  readonly digest?: string
  readonly hash?: string
  /** Seconds: from then on it is none any more. */
  readonly until?: number
  readonly created_at: number
}

/** A client that was made while the server ran. Durable. */
export interface ClientRecord extends StoredRecord {
  readonly schema: 1
  /** As it was given: of all spellings of an id, one is a client's. */
  readonly client_id: string
  readonly entry: Omit<ClientEntry, 'client_id' | 'client_secret' | 'client_secret_hash' | 'client_secrets'>
  readonly secrets: readonly KeptSecret[]
  readonly created_at: number
  /** Seconds: what it was given before is over. */
  readonly ended_before?: number
}

/** What is left of a client that was deleted: grants name their client by its id alone, so nobody else may have it. */
export interface FormerClient extends StoredRecord {
  readonly schema: 1
  readonly client_id: string
  readonly deleted_at: number
}

/** Ids in one spelling. They are of ASCII. */
export function foldId(client_id: string): string {
  return client_id.trim().toLowerCase()
}

/** Ids in one spelling, as URIs: a slash at the end makes no other one. */
export function uriOfId(client_id: string): string {
  return foldId(client_id).replace(/\/+$/, '')
}

/** The record's key. */
export function clientKey(client_id: string): string {
  return hash('sha256', foldId(client_id), 'base64url')
}

/** Whether this is a client, and not what is left of one. */
export function isClient(record: ClientRecord | FormerClient | undefined): record is ClientRecord {
  return record !== undefined && !('deleted_at' in record)
}

/** What the client is registered from. `now` in seconds: a secret that has ended is left out. */
export function termsOfRecord({ client_id, entry, secrets }: ClientRecord, now: number): ClientTerms {
  const living = secrets.filter(({ until }) => until === undefined || until > now)
  if (secrets.length === 0) return { ...entry, client_id }
  // One that has ended still makes it a client with a secret: nobody may go on without.
  const kept = living.length > 0 ? living : secrets
  return {
    ...entry,
    client_id,
    client_secrets: kept.map(({ name, digest, hash: slow, until }) => ({
      name,
      ...(digest !== undefined ? { client_secret_digest: digest } : { client_secret_hash: slow as string }),
      ...(until !== undefined && { until: new Date(until * 1000).toISOString() }),
    })),
  }
}
