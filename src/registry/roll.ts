import { askEach } from '../store/members.ts'
import type { Kind, Store, StoredRecord } from '../store/store.ts'

// An index wants an end for each member.
const NEVER = 253_402_300_799
// What the ids, which are digests, begin with: a store may count an index whenever it grows, so none grows without bound.
const PARTS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The list of all records of a kind, for whoever wants every one: no request ever does. */
export class Roll {
  readonly #store: Store
  readonly #kind: Kind

  constructor(store: Store, kind: Kind) {
    this.#store = store
    this.#kind = kind
  }

  /** Adds a record's id: before the record, for an id without a record is skipped. `now` in seconds. */
  async add(id: string, now: number): Promise<void> {
    await this.#store.link(this.#part(id), id, NEVER, now)
  }

  async remove(id: string): Promise<void> {
    await this.#store.unlink(this.#part(id), id)
  }

  /** Every record, once, in no order that means anything. `now` in seconds. Throws `StoreUnavailable`. */
  async *records<R extends StoredRecord>(now: number): AsyncGenerator<R> {
    for (const part of PARTS) {
      const seen = new Set<string>()
      let cursor: string | undefined
      do {
        const page = await this.#store.list(this.#part(part), now, cursor)
        const fresh = page.members.filter((id) => !seen.has(id))
        for (const id of fresh) seen.add(id)
        const found = await askEach(fresh, (id) => this.#store.read<R>(this.#kind, id, 0))
        for (const record of found) if (record !== undefined) yield record
        cursor = page.cursor
      } while (cursor !== undefined)
    }
  }

  #part(id: string): string {
    return `${this.#kind}s:${id[0]}`
  }
}
