import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../config/config-error.ts'
import { SIGNING_ALGORITHMS } from '../protocol/algorithms.ts'
import type { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'
import type { KeySet, SigningKey } from './key-set.ts'

/** Where the signing keys are kept. */
export interface KeyVault {
  /** The set, or undefined where none was made yet. `stale`: to be written again, under the present secret. */
  read(): Promise<{ set: KeySet; stale: boolean } | undefined>
  /** Replaces the set by what `change` makes of the present one (empty for none); gives what is kept then. */
  change(change: (set: KeySet) => KeySet): Promise<KeySet>
}

interface SealedKeys extends StoredRecord {
  readonly schema: 1
  readonly sealed: string
}

// Durable: no verb looks at the time.
const KEY = { kind: 'signing_keys', id: 'set', now: 0 } as const

/** Keys in the store, sealed under `SECRET_KEYS`: all nodes share them, and a dump of the store has none. */
export class StoreVault implements KeyVault {
  readonly #store: Store
  readonly #keys: Keys

  constructor(store: Store, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  async read() {
    const record = await this.#store.read<SealedKeys>(KEY.kind, KEY.id, KEY.now)
    return record && this.#open(record)
  }

  async change(change: (set: KeySet) => KeySet): Promise<KeySet> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const set = await update<SealedKeys, KeySet | undefined>(this.#store, KEY, (record) => {
        if (record === undefined) return { answer: undefined }
        const { set, stale } = this.#open(record)
        const next = change(set)
        if (next === set && !stale) return { answer: set }
        return { next: { schema: 1, sealed: this.#seal(next) }, answer: next }
      })
      if (set !== undefined) return set
      const first = change([])
      const record: SealedKeys = { revision: randomText(9), schema: 1, sealed: this.#seal(first) }
      // Lost or unknown: somebody's set is there, perhaps our own; the next round takes it as it is.
      if ((await this.#store.create(KEY.kind, KEY.id, record, KEY.now)) === 'won') return first
      await this.#store.reachable()
    }
    throw new StoreUnavailable('the outcome of a write is unknown')
  }

  #seal(set: KeySet): string {
    return this.#keys.seal('signing_keys', JSON.stringify(set))
  }

  #open({ sealed }: SealedKeys): { set: KeySet; stale: boolean } {
    const opened = this.#keys.unseal('signing_keys', sealed)
    if (opened !== undefined) return { set: JSON.parse(opened.text), stale: !opened.current }
    throw new ConfigError(
      'SECRET_KEYS has no key that opens the signing keys in the store; put the one that was first before at the end of the list, or, where that one has leaked, stop every process and delete REDIS_PREFIX followed by signing_keys:set in Redis',
    )
  }
}

/** Keys in a file: a JWK set with private keys, made where there is none, readable by its owner alone. */
export class FileVault implements KeyVault {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async read() {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      throw this.#problem(`cannot be read: ${code}`)
    }
    return { set: this.#parse(text), stale: false }
  }

  async change(change: (set: KeySet) => KeySet): Promise<KeySet> {
    const found = await this.read()
    const next = change(found?.set ?? [])
    if (next === found?.set) return next
    const draft = `${this.#path}.${randomText(6)}`
    try {
      writeFileSync(draft, `${JSON.stringify({ keys: next }, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
      // A first set must not replace another process' first set, which may sign already. A later one may: its new
      // keys do not sign before everybody has read the file again.
      if (found === undefined) linkSync(draft, this.#path)
      else renameSync(draft, this.#path)
      return next
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return this.change(change)
      throw this.#problem(`cannot be written: ${code}; give a file that has a key for every algorithm in use`)
    } finally {
      rmSync(draft, { force: true })
    }
  }

  #parse(text: string): KeySet {
    let keys: unknown
    try {
      keys = JSON.parse(text).keys
    } catch {
      throw this.#problem('is not JSON')
    }
    if (!Array.isArray(keys)) throw this.#problem('is not a JWK set: it has no list "keys"')
    for (const key of keys as Partial<SigningKey>[]) {
      const known = SIGNING_ALGORITHMS.some((alg) => alg === key.alg)
      if (typeof key.kid !== 'string' || !known || typeof key.d !== 'string') {
        throw this.#problem(`has a key without kid, private part, or alg of ${SIGNING_ALGORITHMS.join(', ')}`)
      }
    }
    return keys
  }

  #problem(what: string): ConfigError {
    return new ConfigError(`SIGNING_KEYS_FILE is ${JSON.stringify(this.#path)}, which ${what}`)
  }
}
