import type { Lifetimes } from '../clients/client.ts'
import type { Terms } from '../protocol/terms.ts'
import type { NextGrant, PreparedTokens } from './grant.ts'
import { withProfile } from './profiles.ts'

/**
 * Prepares the tokens of a grant whose refresh state is already the next one: chooses the profile and fixes the ends.
 * The grant's absolute end caps every token; the caller has checked that it lies ahead. Times in seconds.
 */
export function prepare(
  grant: NextGrant,
  { terms, lifetimes }: { terms: Terms; lifetimes: Lifetimes },
  now: number,
): { grant: NextGrant; tokens: PreparedTokens } {
  // `revoked_before` may lie one second ahead; tokens issued now must not fall under it.
  const issued_at = Math.max(now, grant.revoked_before)
  // Counted from now, not from `issued_at`: or each revocation in a row would make the next token live longer.
  const access_expires_at = capped(now + lifetimes.access_token_ttl, grant.ends_at)
  const placed = withProfile(grant, terms, { now, issued_at, expires_at: access_expires_at })
  // This node's clock may be behind the one that made the profile: never issue a token older than its profile.
  const since = placed.grant.profiles[placed.profile]?.since ?? issued_at
  const expires_at = Math.max(
    placed.grant.redeemed ? (grant.refresh?.expires_at ?? 0) : grant.expires_at,
    ...placed.grant.profiles.map((profile) => profile.until),
  )
  const next = expires_at === placed.grant.expires_at ? placed.grant : { ...placed.grant, expires_at }
  const tokens: PreparedTokens = {
    profile: placed.profile,
    terms,
    issued_at: Math.max(issued_at, since),
    access_expires_at,
  }
  if (grant.refresh) {
    tokens.refresh = { generation: grant.refresh.generation, expires_at: grant.refresh.expires_at }
  }
  return { grant: next, tokens }
}

/** Returns the earlier of `expires_at` and the grant's absolute end, in seconds. */
export function capped(expires_at: number, ends_at: number | null): number {
  return ends_at === null ? expires_at : Math.min(expires_at, ends_at)
}

/** Whether the grant's absolute end has come: nothing more is issued from it. */
export function hasEnded({ ends_at }: Pick<NextGrant, 'ends_at'>, now: number): boolean {
  return ends_at !== null && ends_at <= now
}
