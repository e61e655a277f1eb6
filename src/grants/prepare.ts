import type { Lifetimes } from '../clients/client.ts'
import type { NextGrant, PreparedTokens } from './grant.ts'
import { withProfile } from './profiles.ts'

/**
 * Prepares the tokens of a grant whose refresh state is already right: chooses the profile, fixes the ends.
 * A grant's absolute end, which the caller has seen to lie ahead, caps every token.
 */
export function prepare(
  grant: NextGrant,
  scope: string,
  lifetimes: Lifetimes,
  now: number,
): { grant: NextGrant; tokens: PreparedTokens } {
  // A watermark one second ahead must not kill the tokens issued right after it.
  const issued_at = Math.max(now, grant.revoked_before)
  // From now, however far ahead the watermark is: else revocations in a row would make tokens live ever longer.
  const access_expires_at = capped(now + lifetimes.access_token_ttl, grant.ends_at)
  const placed = withProfile(grant, scope, { now, issued_at, expires_at: access_expires_at })
  // Made by a node whose clock is behind the one that took the place: not older than the place.
  const since = placed.grant.profiles[placed.profile]?.since ?? issued_at
  const expires_at = Math.max(
    placed.grant.redeemed ? (grant.refresh?.expires_at ?? 0) : grant.expires_at,
    ...placed.grant.profiles.map((profile) => profile.until),
  )
  const next = expires_at === placed.grant.expires_at ? placed.grant : { ...placed.grant, expires_at }
  const tokens: PreparedTokens = {
    profile: placed.profile,
    scope,
    issued_at: Math.max(issued_at, since),
    access_expires_at,
  }
  if (grant.refresh) {
    tokens.refresh = { generation: grant.refresh.generation, expires_at: grant.refresh.expires_at }
  }
  return { grant: next, tokens }
}

/** The earlier of `expires_at` and the grant's absolute end. */
export function capped(expires_at: number, ends_at: number | null): number {
  return ends_at === null ? expires_at : Math.min(expires_at, ends_at)
}

/** Whether the grant's absolute end has come: nothing more is issued from it. */
export function hasEnded({ ends_at }: Pick<NextGrant, 'ends_at'>, now: number): boolean {
  return ends_at !== null && ends_at <= now
}
