import { MEMORY } from './memory.ts'
import { REDIS } from './redis-settings.ts'
import { SQLITE } from './sqlite-settings.ts'
import type { StoreType } from './store-type.ts'

/** Every store that `STORE` may name. Adding one is a file and a line here. */
export const STORES = { memory: MEMORY, redis: REDIS, sqlite: SQLITE } as const

export type StoreName = keyof typeof STORES

/** The store of a configuration that does not set `STORE`: the one that its own variables choose, else `memory`. */
export function storeChosenBy(variables: unknown): StoreName {
  const chosen = Object.entries<StoreType<never>>(STORES).find(([, { chosenBy }]) =>
    chosenBy?.(variables as never),
  )
  return (chosen?.[0] ?? 'memory') as StoreName
}

/** The settings that name a store with this trait, for the operator: `STORE=redis`. */
export function storesThatAre(trait: 'durable' | 'shared'): string {
  const names = Object.entries(STORES).flatMap(([name, store]) => (store[trait] ? [`STORE=${name}`] : []))
  return names.join(' or ')
}
