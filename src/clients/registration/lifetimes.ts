import type { Fail } from '../../config/config-error.ts'
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

/** How long people may choose that the client's access lasts, in seconds, ascending. Throws what `fail` throws. */
export function readConsentLifetimes(entry: ClientEntry, rules: Rules, fail: Fail): readonly number[] {
  const offered = [...new Set(entry.consent_lifetimes)].sort((one, other) => one - other)
  const { grant_max_ttl } = readLifetimes(entry, rules)
  const tooLong = offered.find((seconds) => grant_max_ttl > 0 && seconds > grant_max_ttl)
  if (tooLong !== undefined)
    fail(
      'consent_lifetimes',
      `has ${tooLong}, but no access lasts longer than grant_max_ttl, ${grant_max_ttl}`,
    )
  return offered
}
