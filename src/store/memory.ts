import { getHeapStatistics } from 'node:v8'
import { MemoryIndexes } from './memory-index.ts'
import {
  add,
  admit,
  alive,
  change,
  drop,
  emptyShelf,
  forgetFirst,
  type Shelf,
  sweep,
} from './memory-shelf.ts'
import {
  type Counter,
  type Health,
  type IndexPage,
  KINDS,
  type Kind,
  type Store,
  type StoredRecord,
  type WriteOutcome,
} from './store.ts'
import type { StoreType } from './store-type.ts'
import { added, counterOf, type Tally, takenBack } from './tally.ts'

/** The store of one process. */
export const MEMORY: StoreType = {
  summary: 'dies with the process',
  durable: false,
  shared: false,
  configure: () => async () => new MemoryStore(),
}

// A grant with its index entry, generously: the figure that turns a heap limit into a number of records.
const BYTES_PER_RECORD = 1250

/** Records that fit half of this process's heap limit. */
function defaultCapacity(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / 2 / BYTES_PER_RECORD)
}

/**
 * The store of one process. Records are kept as the immutable objects that the pure transitions made, so a
 * read costs no copy. `capacity` is the number of records over all kinds; at the limit of a kind, or of one
 * client's quarter of it, `create` refuses: a live record is never evicted.
 */
export class MemoryStore implements Store {
  readonly name: string = 'memory'
  readonly #shelves = new Map<Kind, Shelf>()
  readonly #indexes = new MemoryIndexes()

  constructor(capacity = defaultCapacity()) {
    for (const [kind, { share }] of Object.entries(KINDS)) {
      this.#shelves.set(kind as Kind, emptyShelf(Math.max(4, Math.floor(capacity * share))))
    }
  }

  async create(kind: Kind, id: string, record: StoredRecord, now: number): Promise<WriteOutcome> {
    const shelf = this.#shelf(kind)
    sweep(shelf, now)
    const found = shelf.entries.get(id)
    if (found !== undefined) {
      if (alive(found.record, now)) return 'lost'
      drop(shelf, found)
    }
    admit(shelf, { kind, record, now })
    add(shelf, id, record)
    return 'won'
  }

  async read<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined> {
    const record = this.#shelf(kind).entries.get(id)?.record
    return alive(record, now) ? (record as R) : undefined
  }

  async replace(
    kind: Kind,
    id: string,
    revision: string,
    record: StoredRecord,
    now: number,
  ): Promise<WriteOutcome> {
    const shelf = this.#shelf(kind)
    sweep(shelf, now)
    const entry = shelf.entries.get(id)
    if (!alive(entry?.record, now) || entry?.record?.revision !== revision) return 'lost'
    change(shelf, entry, record)
    return 'won'
  }

  async delete(kind: Kind, id: string): Promise<WriteOutcome> {
    const shelf = this.#shelf(kind)
    const entry = shelf.entries.get(id)
    if (entry !== undefined) drop(shelf, entry)
    return 'won'
  }

  async increment(id: string, expires_at: number, now: number): Promise<Counter | undefined> {
    const shelf = this.#shelf('counter')
    sweep(shelf, now)
    const entry = shelf.entries.get(id)
    const before = counterOf(tallyOf(entry?.record), now)
    const record = counterRecord(added(before === undefined ? [] : tallyOf(entry?.record), expires_at))
    if (entry !== undefined) {
      change(shelf, entry, record)
    } else {
      if (shelf.entries.size >= shelf.capacity) forgetFirst(shelf)
      add(shelf, id, record)
    }
    return before
  }

  async decrement(id: string, expires_at: number): Promise<void> {
    const shelf = this.#shelf('counter')
    const entry = shelf.entries.get(id)
    if (entry === undefined) return
    const tally = takenBack(tallyOf(entry.record), expires_at)
    if (tally.length === 0) drop(shelf, entry)
    else change(shelf, entry, counterRecord(tally))
  }

  async counters(ids: readonly string[], now: number): Promise<readonly (Counter | undefined)[]> {
    const read = async (id: string) => tallyOf(await this.read<CounterRecord>('counter', id, now))
    return Promise.all(ids.map(async (id) => counterOf(await read(id), now)))
  }

  async link(index: string, member: string, expires_at: number, now: number): Promise<number> {
    return this.#indexes.link(index, member, expires_at, now)
  }

  async unlink(index: string, member: string): Promise<void> {
    this.#indexes.unlink(index, member)
  }

  async list(index: string, now: number): Promise<IndexPage> {
    return this.#indexes.list(index, now)
  }

  async ping(): Promise<Health> {
    return { clock_skew: 0 }
  }

  clock(): number {
    return Math.floor(Date.now() / 1000)
  }

  async reachable(): Promise<void> {}

  async close(): Promise<void> {}

  /** Records held, also dead ones that no write has swept yet. */
  size(kind: Kind): number {
    return this.#shelf(kind).entries.size
  }

  #shelf(kind: Kind): Shelf {
    return this.#shelves.get(kind) as Shelf
  }
}

interface CounterRecord extends StoredRecord {
  readonly expires_at: number
  readonly tally: Tally
}

function counterRecord(tally: Tally): CounterRecord {
  return { revision: '', expires_at: tally.at(-1)?.[0] ?? 0, tally }
}

function tallyOf(record: StoredRecord | undefined): Tally {
  return (record as CounterRecord | undefined)?.tally ?? []
}
