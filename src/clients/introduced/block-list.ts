import type { BlockedEntry } from '../../config/blocked.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { Registry } from '../../registry/registry.ts'
import { keptRules } from './blocking.ts'

// Every node keeps them all in memory, and reads them with every change of the registry.
const MOST = 100

/**
 * Keeps rules in the store, in addition to those that are there; returns how many of them are new. All or none: throws `ConfigError` if
 * there would be too many. They have been checked by `blockRule`. Throws `StoreUnavailable`.
 */
export async function block(registry: Registry, entries: readonly BlockedEntry[]): Promise<number> {
  let added = 0
  await registry.change(({ blocked_clients }) => {
    const all = [...new Map([...blocked_clients, ...entries].map((one) => [keyOf(one), one])).values()]
    added = all.length - blocked_clients.length
    if (all.length > MOST && added > 0)
      throw new ConfigError(
        `the store keeps ${MOST} rules at most; put those that stay into the configuration file (blocked_clients)`,
      )
    return { blocked_clients: all }
  })
  return added
}

/** Takes rules out of the store, whatever their spelling. Throws `StoreUnavailable`. */
export async function unblock(registry: Registry, entries: readonly BlockedEntry[]): Promise<void> {
  const gone = new Set(entries.map(keyOf))
  await registry.change(({ blocked_clients }) => ({
    blocked_clients: blocked_clients.filter((one) => !gone.has(keyOf(one))),
  }))
}

/** What all spellings of a rule have in common. */
export function keyOf(entry: BlockedEntry): string {
  return keptRules([entry])[0]?.key ?? JSON.stringify(entry)
}
