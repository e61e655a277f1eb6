import { getHeapStatistics } from 'node:v8'
import { type Due, ExpiryQueue } from './expiry.ts'
import { MemoryIndexes } from './memory-index.ts'
import {
  type Counter,
  type Health,
  type IndexPage,
  KINDS,
  type Kind,
  type Store,
  type StoredRecord,
  StoreFull,
  type WriteOutcome,
} from './store.ts'

interface Entry extends Due {
  readonly id: string
  record: StoredRecord
}

interface Shelf {
  entries: Map<string, Entry>
  queue: ExpiryQueue<Entry>
  capacity: number
  perClient: Map<string, number>
}

// A grant with its index entry, generously: the figure that turns a heap limit into a number of records.
const BYTES_PER_RECORD = 1500
// Due records looked at on each write: two, so that expiry outruns creation.
const SWEEP = 2
const SWEEP_WHEN_FULL = 1000
const FOREVER = Number.POSITIVE_INFINITY
const UNQUEUED = -1

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
      this.#shelves.set(kind as Kind, {
        entries: new Map(),
        queue: new ExpiryQueue(),
        capacity: Math.max(4, Math.floor(capacity * share)),
        perClient: new Map(),
      })
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
    entry.record = record
    // A later end can wait: the queue finds the entry at the old time and asks again. An earlier one cannot.
    if ((record.expires_at ?? FOREVER) < entry.due) {
      if (entry.slot !== UNQUEUED) shelf.queue.remove(entry)
      queue(shelf, entry)
    }
    return 'won'
  }

  async take<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined> {
    const shelf = this.#shelf(kind)
    const entry = shelf.entries.get(id)
    if (entry === undefined) return undefined
    const record = entry.record
    drop(shelf, entry)
    return alive(record, now) ? (record as R) : undefined
  }

  async delete(kind: Kind, id: string): Promise<WriteOutcome> {
    const shelf = this.#shelf(kind)
    const entry = shelf.entries.get(id)
    if (entry !== undefined) drop(shelf, entry)
    return 'won'
  }

  async increment(id: string, ttl: number, now: number): Promise<Counter> {
    const shelf = this.#shelf('counter')
    sweep(shelf, now)
    const entry = shelf.entries.get(id)
    const before = entry !== undefined && alive(entry.record, now) ? (entry.record as CounterRecord).count : 0
    const record: CounterRecord = { revision: '', count: before + 1, expires_at: now + ttl }
    if (entry !== undefined) {
      entry.record = record
    } else {
      if (shelf.entries.size >= shelf.capacity) forgetFirst(shelf)
      add(shelf, id, record)
    }
    return { count: record.count, expires_at: record.expires_at }
  }

  async counters(ids: readonly string[], now: number): Promise<readonly (Counter | undefined)[]> {
    return Promise.all(ids.map((id) => this.read<CounterRecord>('counter', id, now)))
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

interface CounterRecord extends StoredRecord, Counter {
  readonly expires_at: number
}

function alive(record: StoredRecord | undefined, now: number): boolean {
  return record !== undefined && (record.expires_at ?? FOREVER) > now
}

function admit(shelf: Shelf, want: { kind: Kind; record: StoredRecord; now: number }): void {
  if (refusal(shelf, want) === undefined) return
  // Before anybody is refused, a longer look for what has ended; still bounded.
  sweep(shelf, want.now, SWEEP_WHEN_FULL)
  const full = refusal(shelf, want)
  if (full !== undefined) throw full
}

function refusal(
  shelf: Shelf,
  { kind, record }: { kind: Kind; record: StoredRecord },
): StoreFull | undefined {
  const { client_id } = record
  if (shelf.entries.size >= shelf.capacity) {
    const [most] = [...shelf.perClient].sort(([, one], [, other]) => other - one)
    const message = `the memory store holds ${shelf.capacity} ${kind} records and takes no more; use Redis`
    return new StoreFull(
      most ? `${message} (client ${most[0]} has most of them: ${most[1]})` : message,
      most?.[0],
    )
  }
  const held = client_id === undefined ? 0 : (shelf.perClient.get(client_id) ?? 0)
  if (held < Math.floor(shelf.capacity / 4)) return undefined
  return new StoreFull(`client ${client_id} fills its quarter of the ${kind} records: ${held}`, client_id)
}

// Drops the record that ends first. One whose end has moved since it was queued is queued anew.
function forgetFirst(shelf: Shelf): void {
  for (let looked = 0; looked < SWEEP_WHEN_FULL; looked++) {
    const entry = shelf.queue.popDue(FOREVER)
    if (entry === undefined) return
    const { due } = entry
    queue(shelf, entry)
    if (entry.due > due) continue
    drop(shelf, entry)
    return
  }
}

function add(shelf: Shelf, id: string, record: StoredRecord): void {
  // A small integer, also for what never ends: one other number in the field would box it in every entry.
  const entry: Entry = { id, record, due: 0, slot: UNQUEUED }
  shelf.entries.set(id, entry)
  count(shelf, record, 1)
  queue(shelf, entry)
}

function queue(shelf: Shelf, entry: Entry): void {
  entry.due = entry.record.expires_at ?? 0
  entry.slot = UNQUEUED
  if (entry.record.expires_at !== undefined) shelf.queue.push(entry)
}

function drop(shelf: Shelf, entry: Entry): void {
  shelf.entries.delete(entry.id)
  count(shelf, entry.record, -1)
  if (entry.slot !== UNQUEUED) shelf.queue.remove(entry)
}

function count(shelf: Shelf, record: StoredRecord, by: number): void {
  if (record.client_id === undefined) return
  const held = (shelf.perClient.get(record.client_id) ?? 0) + by
  if (held === 0) shelf.perClient.delete(record.client_id)
  else shelf.perClient.set(record.client_id, held)
}

function sweep(shelf: Shelf, now: number, limit = SWEEP): void {
  for (let looked = 0; looked < limit; looked++) {
    const entry = shelf.queue.popDue(now)
    if (entry === undefined) return
    queue(shelf, entry)
    if (!alive(entry.record, now)) drop(shelf, entry)
  }
}
