import type { Terms } from '../protocol/terms.ts'
import type { Decision } from '../store/update.ts'
import type { Grant } from './grant.ts'
import { profileTerms } from './profiles.ts'

/** The facts of an access token that its handle proves. Times in seconds. */
export interface AccessTokenFacts {
  grant_id: string
  /** Its index in the grant's profiles, or `OWN_TERMS`. */
  profile: number
  /** Its terms, if no profile says them. */
  terms?: Terms
  issued_at: number
  expires_at: number
  jti: string
}

const MAX_REVOKED = 32

/**
 * Returns the terms of an access token of this grant, or undefined if it is good no more. The caller has checked its
 * expiry.
 */
export function accessTokenTerms(grant: Grant, token: AccessTokenFacts): Terms | undefined {
  if (token.issued_at < grant.revoked_before) return undefined
  if (grant.revoked.some(([jti]) => jti === token.jti)) return undefined
  return profileTerms(grant, token)
}

/**
 * Revokes one access token (RFC 7009 §2.1). If the list is full of tokens that still live, a watermark (`revoked_before`)
 * revokes all that were issued until now, so that a revocation never fails and the record stays small. Answers whether the
 * token was good until now.
 */
export function revokeAccessToken(
  grant: Grant | undefined,
  token: AccessTokenFacts,
  now: number,
): Decision<Grant, boolean> {
  if (grant === undefined || token.expires_at <= now) return { answer: false }
  if (accessTokenTerms(grant, token) === undefined) return { answer: false }
  const living = grant.revoked.filter(([, expires_at]) => expires_at > now)
  const { jti, expires_at, issued_at } = token
  if (living.length < MAX_REVOKED) {
    return { next: { ...grant, revoked: [...living, [jti, expires_at, issued_at]] }, answer: true }
  }
  // Later than every token that it replaces, also those of a node whose clock is ahead, and never moved back.
  const latest = Math.max(now, issued_at, ...living.map(([, , issued]) => issued))
  return {
    next: { ...grant, revoked: [], revoked_before: Math.max(grant.revoked_before, latest + 1) },
    answer: true,
  }
}
