import type { Kind, Store, StoredRecord } from '../store/store.ts'
import type { Known, Registry } from './registry.ts'

// Of people or clients: enough for a large installation, and a few megabytes.
const MAX_CACHED = 10_000

/**
 * What is made of the records of a kind, kept until the version of the registry changes: whoever is used often is found
 * without the store. What does not exist is asked for anew each time, or whoever makes up ids would fill it.
 */
export class CachedRecords<R extends StoredRecord, T> {
  readonly #store: Store
  readonly #registry: Registry
  readonly #kind: Kind
  readonly #make: (record: R, state: Known) => T | undefined
  #made = new Map<string, T>()
  #version: string | undefined

  constructor(
    store: Store,
    {
      registry,
      kind,
      make,
    }: {
      registry: Registry
      kind: Kind
      make: (record: R, state: Known) => T | undefined
    },
  ) {
    this.#store = store
    this.#registry = registry
    this.#kind = kind
    this.#make = make
  }

  /** At once, if it is known. Throws `StoreUnavailable`. */
  find(id: string): T | undefined | Promise<T | undefined> {
    const state = this.#registry.state()
    if (state instanceof Promise)
      return state.then((known) => this.#known(id, known) ?? this.#read(id, known))
    return this.#known(id, state) ?? this.#read(id, state)
  }

  #known(id: string, { version }: Known): T | undefined {
    if (this.#version !== version) {
      this.#made = new Map()
      this.#version = version
    }
    return this.#made.get(id)
  }

  async #read(id: string, state: Known): Promise<T | undefined> {
    const record = await this.#store.read<R>(this.#kind, id, 0)
    const made = record === undefined ? undefined : this.#make(record, state)
    // A record that was read under an earlier version may be an earlier record.
    if (made !== undefined && this.#version === state.version) {
      if (this.#made.size >= MAX_CACHED) this.#made.delete(this.#made.keys().next().value as string)
      this.#made.set(id, made)
    }
    return made
  }
}
