import { MemoryStore } from './memory.ts'
import type { Store } from './store.ts'

/** Every store that `STORE` may name. */
export const STORES = {
  memory: (): Store => new MemoryStore(),
} as const

export type StoreName = keyof typeof STORES

/** Opens the store that the configuration names. */
export function openStore(name: StoreName): Store {
  return STORES[name]()
}
