import { failAt } from '../config/config-error.ts'
import type { ClientEntry } from '../config/schema.ts'
import type { Client } from './client.ts'
import { uriOfId } from './client-record.ts'
import { registerClient } from './registration.ts'
import type { ClientSource } from './registry.ts'
import type { Rules } from './rules.ts'
import { unionOf, usageOf } from './usage.ts'

/** The clients of the configuration file as a source. Throws like `registerEntries`. */
export function fileClients(entries: readonly ClientEntry[], rules: Rules): ClientSource {
  const clients = registerEntries(entries, rules)
  const ids = new Set([...clients.keys()].map(uriOfId))
  const usage = unionOf([...clients.values()].map(usageOf))
  return {
    name: 'the configuration file',
    ids: () => clients.keys(),
    find: (client_id) => clients.get(client_id),
    hasId: (uri) => ids.has(uriOfId(uri)),
    usage: () => usage,
  }
}

/**
 * Makes the clients of these entries, by their id. Throws `ConfigError`, with the path, for an entry that contradicts
 * itself and for an id that is listed twice.
 */
export function registerEntries(entries: readonly ClientEntry[], rules: Rules): ReadonlyMap<string, Client> {
  const clients = new Map<string, Client>()
  for (const [at, entry] of entries.entries()) {
    const { client_id } = entry
    const fail = failAt(`/clients/${at}`, `client ${client_id}`)
    if (clients.has(client_id)) fail('client_id', 'is listed twice')
    clients.set(client_id, registerClient(entry, rules, fail))
  }
  return clients
}
