import type { Client } from '../../src/clients/client.ts'
import { uriOfId } from '../../src/clients/client-record.ts'
import { registerClient } from '../../src/clients/registration.ts'
import type { ClientSource } from '../../src/clients/registry.ts'
import type { Rules } from '../../src/clients/rules.ts'
import { plainSecret } from '../../src/clients/secret.ts'
import { unionOf, usageOf } from '../../src/clients/usage.ts'
import type { Fail } from '../../src/config/config-error.ts'
import type { ClientEntry } from '../../src/config/schema.ts'
import { GRANT_TYPES } from '../../src/grant-types/index.ts'

/** Rules that allow everything. */
export const RULES: Rules = {
  lifetimes: {
    access_token_ttl: 300,
    refresh_token_ttl: 3600,
    authorization_code_ttl: 60,
    refresh_token_grace: 10,
    grant_max_ttl: 0,
  },
  pairwise: true,
  plainHttp: true,
  mayUseHttp: () => true,
  publicScopes: ['openid', 'profile', 'offline_access'],
  isOwnClaim: () => false,
  grantTypes: GRANT_TYPES,
  usernameOf: () => undefined,
  isResource: () => false,
  now: () => 0,
  secretOf: ({ client_secret }) => (client_secret ? plainSecret(client_secret) : undefined),
}

/** How a registration is refused by who is no configuration file. */
export class Refused extends Error {}

/** Clients that come while the server runs, as from a store. */
export function lateClients(entries: readonly ClientEntry[] = []) {
  const clients = new Map<string, Client>()
  let usage = unionOf([])
  const fail: Fail = (field, problem) => {
    throw new Refused(`${field} ${problem}`)
  }
  const add = (entry: ClientEntry) => {
    clients.set(entry.client_id, registerClient(entry, RULES, fail))
    usage = unionOf([...clients.values()].map(usageOf))
  }
  for (const entry of entries) add(entry)
  const source: ClientSource = {
    name: 'the test',
    ids: () => clients.keys(),
    find: async (client_id) => clients.get(client_id),
    hasId: (uri) => [...clients.keys()].some((client_id) => uriOfId(client_id) === uriOfId(uri)),
    usage: () => usage,
  }
  return { source, add }
}
