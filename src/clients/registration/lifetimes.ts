import type { ClientEntry } from '../../config/schema.ts'
import type { Lifetimes } from '../client.ts'
import type { Rules } from '../rules.ts'

/** How long what the client gets lives: its own lifetimes before those of all. */
export function readLifetimes(entry: ClientEntry, { lifetimes }: Rules): Lifetimes {
  return {
    access_token_ttl: entry.access_token_ttl ?? lifetimes.access_token_ttl,
    refresh_token_ttl: entry.refresh_token_ttl ?? lifetimes.refresh_token_ttl,
    authorization_code_ttl: entry.authorization_code_ttl ?? lifetimes.authorization_code_ttl,
    refresh_token_grace: entry.refresh_token_grace ?? lifetimes.refresh_token_grace,
    grant_max_ttl: entry.grant_max_ttl ?? lifetimes.grant_max_ttl,
  }
}
