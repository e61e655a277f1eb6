import type { BlockedEntry } from '../config/blocked.ts'
import type { GroupEntry } from '../config/schema.ts'
import { randomText } from '../secrets/random.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'

/**
 * What every node must know of the people and clients that are made while it runs, beside the records themselves. One durable
 * record: its revision is the version of all of them.
 */
export interface RegistryState {
  /** The kinds of password hashes that somebody has. */
  readonly hash_kinds: readonly string[]
  /** What the clients use; only ever more, so that what follows from it does not come and go. */
  readonly usage: StoredUsage | undefined
  /** Groups by name. */
  readonly groups: Readonly<Record<string, GroupEntry>>
  /** Seconds, by the id of a client of the file: what it was given before is over. */
  readonly ended_before: Readonly<Record<string, number>>
  /** Which clients that introduced themselves are not let in; each as it was typed. */
  readonly blocked_clients: readonly BlockedEntry[]
  /**
   * The `sub` of the person that an empty server makes up, as long as nobody has come: '' if somebody has, undefined if nobody was
   * ever made.
   */
  readonly first: string | undefined
}

/** What clients use of the server, as it is kept. */
export interface StoredUsage {
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
  readonly algorithms: readonly string[]
  readonly pairwise: boolean
  readonly plain_pkce: boolean
  readonly access_token_ttl: number
}

interface RegistryRecord extends StoredRecord, RegistryState {
  readonly schema: 1
}

/** The state with its version. */
export interface Known extends RegistryState {
  readonly version: string
}

const KEY = { kind: 'registry', id: 'state', now: 0 } as const
const NOTHING: RegistryState = {
  hash_kinds: [],
  usage: undefined,
  groups: {},
  ended_before: {},
  blocked_clients: [],
  first: undefined,
}

// Milliseconds. Asked again after; taken without waiting for the answer until; believed, if no answer comes, until.
const ASK_AFTER = 1000
const FRESH = 5000
const TRUSTED = 30_000

/** Seconds: by then every node has seen a change. */
export const SEEN_WITHIN = FRESH / 1000

/**
 * What was given before this moment, in seconds, ends by a mark that is made at `now`: also what nodes give that have not seen it
 * yet. Moments are whole seconds, and a node may have asked just before the mark was written: a second more for each.
 */
export function endOfAll(now: number): number {
  return now + SEEN_WITHIN + 2
}

/**
 * Follows the version of what is made at run time: asked at most once a second, and only while somebody needs it. Whoever
 * uses it waits only if nobody has for five seconds. What cannot be asked for thirty is believed no longer: somebody who was
 * disabled meanwhile must not get in by an outage.
 */
export class Registry {
  readonly #store: Store
  readonly #elapsed: () => number
  #known: Known | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #knownAt = Number.NEGATIVE_INFINITY
  #asking: Promise<Known> | undefined

  /** `elapsed`: milliseconds of a clock that never goes back. */
  constructor(store: Store, elapsed = () => performance.now()) {
    this.#store = store
    this.#elapsed = elapsed
  }

  /** The state as it was seconds ago at most. At once, if it is known. Throws `StoreUnavailable`. */
  state(): Known | Promise<Known> {
    const known = this.#known
    const age = this.#elapsed() - this.#knownAt
    if (known !== undefined && age < ASK_AFTER) return known
    if (known === undefined || age >= FRESH) return this.#askOr(known, age)
    if (this.#elapsed() - this.#askedAt >= ASK_AFTER) this.#ask().catch(() => {})
    return known
  }

  /** What was known last, for whoever cannot wait: undefined before the first answer. Asks for what is older than a second. */
  get last(): Known | undefined {
    const asked = this.#elapsed() - this.#askedAt
    if (asked >= ASK_AFTER) this.#ask().catch(() => {})
    return this.#known
  }

  /** Asks the store now. Throws `StoreUnavailable`. */
  refresh(): Promise<Known> {
    return this.#ask()
  }

  /**
   * Changes the state, and its version in any case: after the record that it is about, so that whoever sees the new version
   * reads the new record. `change` gets the state as it is. Throws `StoreUnavailable`; then it can be repeated.
   */
  async change(change: (state: RegistryState) => Partial<RegistryState> = () => ({})): Promise<void> {
    // A record of an earlier release lacks what came later.
    const changed = (before: RegistryState) => ({ ...before, ...change({ ...NOTHING, ...before }) })
    for (let attempt = 0; attempt < 3; attempt++) {
      const there = await update<RegistryRecord, boolean>(this.#store, KEY, (record) =>
        record === undefined ? { answer: false } : { next: changed(record) as RegistryRecord, answer: true },
      )
      if (there) return this.#forget()
      const record: RegistryRecord = { schema: 1, ...changed(NOTHING), revision: randomText(9) }
      if ((await this.#store.create(KEY.kind, KEY.id, record, KEY.now)) === 'won') return this.#forget()
    }
    throw new StoreUnavailable('the outcome of a write is unknown')
  }

  // The node that changed something sees it at its next request.
  #forget(): void {
    this.#knownAt = Number.NEGATIVE_INFINITY
    this.#asking = undefined
  }

  async #askOr(known: Known | undefined, age: number): Promise<Known> {
    try {
      return await this.#ask()
    } catch (error) {
      if (known !== undefined && age < TRUSTED) return known
      throw error
    }
  }

  #ask(): Promise<Known> {
    const running = this.#asking
    if (running !== undefined) return running
    this.#askedAt = this.#elapsed()
    const asking: Promise<Known> = this.#read(this.#askedAt, () => this.#asking === asking).finally(() => {
      if (this.#asking === asking) this.#asking = undefined
    })
    this.#asking = asking
    return asking
  }

  // An answer is as old as its question. One that was asked before a change of our own is no answer.
  async #read(askedAt: number, isWanted: () => boolean): Promise<Known> {
    const record = await this.#store.read<RegistryRecord>(KEY.kind, KEY.id, KEY.now)
    const version = record?.revision ?? ''
    const known = this.#known?.version === version ? this.#known : { ...NOTHING, ...(record ?? {}), version }
    if (isWanted()) {
      this.#known = known
      this.#knownAt = askedAt
    }
    return known
  }
}
