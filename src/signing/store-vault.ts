import { ConfigError } from '../config/config-error.ts'
import type { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'
import type { KeySet } from './key-set.ts'
import type { KeyVault } from './key-vault.ts'

interface SealedKeys extends StoredRecord {
  readonly schema: 1
  readonly sealed: string
}

// Durable: no verb looks at the time.
const KEY = { kind: 'signing_keys', id: 'set', now: 0 } as const

/** Keys in the store, sealed under `SECRET_KEYS`: all nodes share them, and a dump of the store has none. */
export function storeVault(store: Store, keys: Keys): KeyVault {
  const seal = (set: KeySet) => keys.seal('signing_keys', JSON.stringify(set))

  const open = ({ sealed }: SealedKeys): { set: KeySet; stale: boolean } => {
    const opened = keys.unseal('signing_keys', sealed)
    if (opened !== undefined) return { set: JSON.parse(opened.text), stale: !opened.current }
    throw new ConfigError(
      'SECRET_KEYS has no key that opens the signing keys in the store; put the one that was first before at the end of the list, or, where that one is lost, has leaked or was the public example, stop every process and run: keys forget --yes, after which they are made anew',
    )
  }

  return {
    async read() {
      const record = await store.read<SealedKeys>(KEY.kind, KEY.id, KEY.now)
      return record && open(record)
    },

    async change(change) {
      for (let attempt = 0; attempt < 3; attempt++) {
        const set = await update<SealedKeys, KeySet | undefined>(store, KEY, (record) => {
          if (record === undefined) return { answer: undefined }
          const { set, stale } = open(record)
          const next = change(set)
          if (next === set && !stale) return { answer: set }
          return { next: { schema: 1, sealed: seal(next) }, answer: next }
        })
        if (set !== undefined) return set
        const first = change([])
        const record: SealedKeys = { revision: randomText(9), schema: 1, sealed: seal(first) }
        // Lost or unknown: somebody's set is there, perhaps our own; the next round takes it as it is.
        if ((await store.create(KEY.kind, KEY.id, record, KEY.now)) === 'won') return first
        await store.reachable()
      }
      throw new StoreUnavailable('the outcome of a write is unknown')
    },
  }
}
