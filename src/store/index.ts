import { MEMORY } from './memory.ts'
import { REDIS } from './redis-settings.ts'

/** Every store that `STORE` may name. Adding one is a file and a line here. */
export const STORES = { memory: MEMORY, redis: REDIS } as const

export type StoreName = keyof typeof STORES

/** The settings that name a store with this trait, for the operator: `STORE=redis`. */
export function storesThatAre(trait: 'durable' | 'shared'): string {
  const names = Object.entries(STORES).flatMap(([name, store]) => (store[trait] ? [`STORE=${name}`] : []))
  return names.join(' or ')
}
