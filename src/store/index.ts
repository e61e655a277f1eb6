import { MemoryStore } from './memory.ts'
import type { RedisOptions } from './redis.ts'
import type { Store } from './store.ts'

/** Every store that `STORE` may name. Its client library is loaded only where it is used. */
const STORES = {
  memory: async (): Promise<Store> => new MemoryStore(),
  redis: async (options: StoreOptions): Promise<Store> => {
    const { RedisStore } = await import('./redis.ts')
    return new RedisStore(options.redis())
  },
} as const

export type StoreName = keyof typeof STORES

/** What the stores are made of, for the one that asks. */
export interface StoreOptions {
  redis: () => RedisOptions
}

/** Opens the store that the configuration names. It connects in the background: a store that is down is no error. */
export function openStore(name: StoreName, options: StoreOptions): Promise<Store> {
  return STORES[name](options)
}
