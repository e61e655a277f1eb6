import { type Due, ExpiryQueue } from './expiry.ts'
import { type Kind, type StoredRecord, StoreFull } from './store.ts'

/** A record's place on its shelf. */
export interface Entry extends Due {
  readonly id: string
  record: StoredRecord
}

/** The records of one kind in the memory store, with who holds how many and what ends first. */
export interface Shelf {
  entries: Map<string, Entry>
  queue: ExpiryQueue<Entry>
  capacity: number
  perClient: Map<string, number>
}

// Due records looked at on each write: two, so that expiry outruns creation.
const SWEEP = 2
const SWEEP_WHEN_FULL = 1000
const FOREVER = Number.POSITIVE_INFINITY
const UNQUEUED = -1

/** An empty shelf for at most so many records. */
export function emptyShelf(capacity: number): Shelf {
  return { entries: new Map(), queue: new ExpiryQueue(), capacity, perClient: new Map() }
}

/** Whether the record is there and has not ended. */
export function alive(record: StoredRecord | undefined, now: number): boolean {
  return record !== undefined && (record.expires_at ?? FOREVER) > now
}

/** Makes sure of room for one more record; throws `StoreFull`. */
export function admit(shelf: Shelf, want: { kind: Kind; record: StoredRecord; now: number }): void {
  if (refusal(shelf, want) === undefined) return
  // Before anybody is refused, look longer for what has ended; still bounded.
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

/** Drops the record that ends first. A record whose end has moved since it was queued is queued anew. */
export function forgetFirst(shelf: Shelf): void {
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

/** Puts a new record on the shelf. */
export function add(shelf: Shelf, id: string, record: StoredRecord): void {
  // Always a small integer, also for records without an end: any other number makes V8 box this field in every entry.
  const entry: Entry = { id, record, due: 0, slot: UNQUEUED }
  shelf.entries.set(id, entry)
  count(shelf, record, 1)
  queue(shelf, entry)
}

/** Replaces the record of an entry. */
export function change(shelf: Shelf, entry: Entry, record: StoredRecord): void {
  entry.record = record
  // A later end can wait: the queue finds the entry at the old time and asks again. An earlier one cannot.
  if ((record.expires_at ?? FOREVER) >= entry.due) return
  if (entry.slot !== UNQUEUED) shelf.queue.remove(entry)
  queue(shelf, entry)
}

function queue(shelf: Shelf, entry: Entry): void {
  entry.due = entry.record.expires_at ?? 0
  entry.slot = UNQUEUED
  if (entry.record.expires_at !== undefined) shelf.queue.push(entry)
}

/** Takes an entry off the shelf. */
export function drop(shelf: Shelf, entry: Entry): void {
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

/** Drops what has ended, of the first `limit` entries that are due. */
export function sweep(shelf: Shelf, now: number, limit = SWEEP): void {
  for (let looked = 0; looked < limit; looked++) {
    const entry = shelf.queue.popDue(now)
    if (entry === undefined) return
    queue(shelf, entry)
    if (!alive(entry.record, now)) drop(shelf, entry)
  }
}
