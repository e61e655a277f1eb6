import { sameTerms, type Terms, termsLength, termsOf, termsWithin } from '../protocol/terms.ts'
import type { AccessProfile, Grant, NextGrant } from './grant.ts'
import type { AccessTokenFacts } from './revoke.ts'

const MAX_PROFILES = 16
// Of the terms of all profiles together, if there are several: many long names must not make a record of many kilobytes.
const MAX_CHARACTERS = 1000

/** Stands in a token in place of its profile: the grant has none for it, so the token carries its terms itself. */
export const OWN_TERMS = 255

/** The times of a token that is about to be issued, in seconds. */
export interface TokenTimes {
  now: number
  issued_at: number
  expires_at: number
}

/**
 * Finds the profile for an access token of these terms: an equal one, a new one, or one whose last token has expired. While
 * living tokens of other terms take all the room, the token carries its terms itself. Returns the same grant if nothing
 * has to be written.
 */
export function withProfile(
  grant: NextGrant,
  terms: Terms,
  { now, issued_at, expires_at }: TokenTimes,
): { grant: NextGrant; profile: number } {
  const { profiles } = grant
  const equal = profiles.findIndex((profile) => sameTerms(profile, terms))
  const found = profiles[equal]
  if (found !== undefined && found.until >= expires_at) return { grant, profile: equal }
  const place = found === undefined ? freePlace(profiles, terms, now) : equal
  if (place === undefined) return { grant: reaching(grant, expires_at), profile: OWN_TERMS }
  // Field by field: a spread would take 24 bytes more in every grant.
  const { scope, resource } = terms
  const since = found?.since ?? issued_at
  const taken: AccessProfile =
    resource === undefined
      ? { scope, since, until: expires_at }
      : { scope, resource, since, until: expires_at }
  // `concat`, not push or a spread: V8 would reserve 17 elements in every grant.
  const next = place === profiles.length ? profiles.concat([taken]) : profiles.with(place, taken)
  return { grant: { ...grant, profiles: next }, profile: place }
}

function freePlace(profiles: readonly AccessProfile[], terms: Terms, now: number): number | undefined {
  const expired = profiles.findIndex((profile) => profile.until <= now)
  const place = expired >= 0 ? expired : profiles.length
  if (place === MAX_PROFILES) return undefined
  const kept = profiles.reduce((sum, profile, at) => sum + (at === place ? 0 : termsLength(profile)), 0)
  return kept === 0 || kept + termsLength(terms) <= MAX_CHARACTERS ? place : undefined
}

// The grant lives as long as its last profile. So that one is extended, or the token would end with the grant, too early.
function reaching(grant: NextGrant, expires_at: number): NextGrant {
  const { profiles } = grant
  const until = Math.max(...profiles.map((profile) => profile.until))
  if (until >= expires_at) return grant
  const at = profiles.findIndex((profile) => profile.until === until)
  const last = { ...(profiles[at] as AccessProfile), until: expires_at }
  return { ...grant, profiles: profiles.with(at, last) }
}

/** Returns the terms of an access token, or undefined if the grant does not know its profile (any more). */
export function profileTerms(
  grant: Grant,
  { profile, issued_at, expires_at, terms }: Omit<AccessTokenFacts, 'grant_id' | 'jti'>,
): Terms | undefined {
  // Never more than was granted, whoever made the token.
  if (profile === OWN_TERMS) return terms !== undefined && termsWithin(terms, grant) ? terms : undefined
  const found = grant.profiles[profile]
  return found !== undefined && issued_at >= found.since && expires_at <= found.until
    ? termsOf(found)
    : undefined
}
