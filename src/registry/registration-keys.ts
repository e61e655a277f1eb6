import { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'

interface SealedSecret extends StoredRecord {
  readonly schema: 1
  readonly sealed: string
}

const KEY = { kind: 'registry', id: 'registration_key', now: 0 } as const

/**
 * What the ids of clients that introduced themselves are authenticated with. It is made once and kept, sealed under `SECRET_KEYS` and
 * sealed again when those rotate: an id must work for as long as a client keeps it.
 */
export class RegistrationKeys {
  readonly #store: Store | undefined
  readonly #keys: Keys
  #found: Keys | undefined

  /** Without a store the key ends with the process, and all ids with it. */
  constructor(store: Store | undefined, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  /** The keys, if they are known by now, or asked for; undefined if none were ever made. Throws `StoreUnavailable`. */
  find(): Keys | undefined | Promise<Keys | undefined> {
    if (this.#found !== undefined || this.#store === undefined) return this.#found
    return this.#read(this.#store)
  }

  /** The keys; made now if there are none. Of several nodes one makes them. Throws `StoreUnavailable`. */
  async findOrMake(): Promise<Keys> {
    const found = await this.find()
    if (found !== undefined) return found
    const secret = randomText(32)
    if (this.#store === undefined) return this.#take(secret)
    const record: SealedSecret = { schema: 1, revision: randomText(9), sealed: this.#seal(secret) }
    // Lost or unknown: somebody's are there, perhaps our own.
    await this.#store.create(KEY.kind, KEY.id, record, KEY.now)
    return (await this.#read(this.#store)) ?? unavailable()
  }

  async #read(store: Store): Promise<Keys | undefined> {
    const record = await store.read<SealedSecret>(KEY.kind, KEY.id, KEY.now)
    if (record === undefined) return undefined
    const opened = this.#keys.unseal('registration', record.sealed)
    if (opened === undefined)
      throw new StoreUnavailable('SECRET_KEYS has no key that opens the registration key')
    if (!opened.current)
      await update<SealedSecret, void>(store, KEY, (current) =>
        current?.revision === record.revision
          ? { next: { schema: 1, sealed: this.#seal(opened.text) }, answer: undefined }
          : { answer: undefined },
      )
    return this.#take(opened.text)
  }

  #seal(secret: string): string {
    return this.#keys.seal('registration', secret)
  }

  #take(secret: string): Keys {
    this.#found = new Keys([secret])
    return this.#found
  }
}

function unavailable(): never {
  throw new StoreUnavailable('the outcome of a write is unknown')
}
