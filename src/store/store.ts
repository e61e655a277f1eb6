import { TemporarilyUnavailable } from '../protocol/errors.ts'

/**
 * The record kinds. *Expiring* kinds carry their own end and vanish then; *durable* ones stay until deleted
 * and carry a schema version. `share` is the part of a bounded store that the kind may fill: every kind has
 * its own part, so that a flood of one leaves the others room (sessions and logins above all).
 *
 * The shares sum to 0.898. A further kind takes its share from what is left, never from a kind that is there: that
 * would refuse what an installation holds today. A mark that something was used is a kind like any other: it is never
 * evicted, or the thing could be used again. While its share is full, `create` refuses and the answer is a 503.
 *
 * `given` kinds are what somebody has got by a login: a copy of the store that is put back must not revive them.
 */
export const KINDS = {
  grant: { durable: false, share: 0.5, given: true },
  session: { durable: false, share: 0.085, given: true },
  revoked_token: { durable: false, share: 0.085, given: false },
  counter: { durable: false, share: 0.085, given: false },
  client_assertion: { durable: false, share: 0.04, given: false },
  consent: { durable: true, share: 0.075, given: false },
  signing_keys: { durable: true, share: 0.01, given: false },
  person: { durable: true, share: 0.002, given: false },
  client: { durable: true, share: 0.002, given: false },
  name: { durable: true, share: 0.002, given: false },
  registry: { durable: true, share: 0.001, given: false },
  introduced: { durable: true, share: 0.005, given: false },
  activity: { durable: false, share: 0.006, given: false },
} as const

export type Kind = keyof typeof KINDS

/** What every record has. Records are immutable: a change is a new record. */
export interface StoredRecord {
  /** Random bits drawn by the writer of this version: tells whose write is in the store. */
  readonly revision: string
  /** Seconds since the epoch; past it the record does not exist. Durable records have none. */
  readonly expires_at?: number
  /** The client whose share a bounded store counts the record against. */
  readonly client_id?: string
}

/** The three ways a write can end. *Unknown*: the connection died before the answer; it may have happened. */
export type WriteOutcome = 'won' | 'lost' | 'unknown'

/** A count that ends with the last of its increments. */
export interface Counter {
  count: number
  expires_at: number
}

/** What the log is told: `detail` never holds a value, a key or a password. */
export type Report = (level: 'info' | 'warn' | 'error', message: string, detail?: object) => void

/** How the store is. */
export interface Health {
  /** Seconds that the store's clock is ahead of this machine's. */
  clock_skew: number
}

/** One page of an index. `cursor` is absent after the last one. */
export interface IndexPage {
  members: readonly string[]
  cursor?: string
}

/**
 * The verbs. All but `create`, `replace` and `delete` throw `StoreUnavailable` if the store cannot answer. Those three
 * answer `unknown` if their effect is uncertain, and throw only if it surely did not happen.
 * `now` is in seconds and passed in: expiry is judged by the caller's time in every store.
 */
export interface Store {
  /** For the start's report. */
  readonly name: string
  /** Writes a record if none lives under this key. May throw `StoreFull`. */
  create(kind: Kind, id: string, record: StoredRecord, now: number): Promise<WriteOutcome>
  read<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined>
  /** Writes `record` if the living one still has `revision`. */
  replace(kind: Kind, id: string, revision: string, record: StoredRecord, now: number): Promise<WriteOutcome>
  /** Idempotent: `won` whether or not there was a record. */
  delete(kind: Kind, id: string): Promise<WriteOutcome>
  /**
   * Adds one that lasts until `expires_at` (seconds), and returns the counter as it was before; undefined if there was
   * none. So of many callers each sees another count. A bounded store makes room by forgetting the counter that ends
   * first: a guess that cannot be counted would be a guess for nothing.
   */
  increment(id: string, expires_at: number, now: number): Promise<Counter | undefined>
  /**
   * Takes back one increment that was to last until `expires_at`: the counter is then what the others make of it, its
   * end too, and gone if there is no other. Does nothing if there is no such increment.
   */
  decrement(id: string, expires_at: number): Promise<void>
  /** Returns several counters in one round trip; undefined for one that is not there. */
  counters(ids: readonly string[], now: number): Promise<readonly (Counter | undefined)[]>
  /**
   * Adds `member` to an index until `expires_at` (seconds); an existing member's end can only move later. An index only
   * enumerates; it decides nothing. Returns the number of its members; dead ones are among them only until the index is
   * listed.
   */
  link(index: string, member: string, expires_at: number, now: number): Promise<number>
  unlink(index: string, member: string): Promise<void>
  /** Members that have not expired, a page at a time, in no order that means anything. */
  list(index: string, now: number, cursor?: string): Promise<IndexPage>
  /** Resolves if the store answers and takes writes. Writes nothing itself. */
  ping(): Promise<Health>
  /**
   * Seconds since the epoch, by the one clock that all processes of this store share: on machines whose clocks
   * differ, what one of them has just done must not look old to another.
   */
  clock(): number
  /**
   * After an unknown outcome: resolves when the store can be asked again, or after a short wait in vain. Never throws.
   */
  reachable(): Promise<void>
  close(): Promise<void>
}

/** The store cannot answer now. */
export class StoreUnavailable extends TemporarilyUnavailable {
  override readonly name: string = 'StoreUnavailable'
  readonly description = 'please try again in a moment'
  readonly report: TemporarilyUnavailable['report'] = { level: 'error', msg: 'the store cannot answer' }
}

/**
 * A bounded store has no room for another record of this kind, or of the client `client_id`. Nothing live was
 * evicted.
 */
export class StoreFull extends StoreUnavailable {
  override readonly name = 'StoreFull'
  override readonly report = { level: 'error', msg: 'the store is full' } as const
}
