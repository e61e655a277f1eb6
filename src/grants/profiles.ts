import type { AccessProfile, Grant, NextGrant } from './grant.ts'

const MAX_PROFILES = 16

/** The times of a token that is about to be issued, in seconds. */
export interface TokenTimes {
  now: number
  issued_at: number
  expires_at: number
}

/**
 * Finds the place for an access token of `scope`: an equal profile, a new one, or one whose last token has
 * expired. Gives the same grant where nothing has to be written, and undefined where all places are taken by
 * living tokens.
 */
export function withProfile(
  grant: NextGrant,
  scope: string,
  { now, issued_at, expires_at }: TokenTimes,
): { grant: NextGrant; profile: number } | undefined {
  const { profiles } = grant
  const equal = profiles.findIndex((profile) => profile.scope === scope)
  const found = profiles[equal]
  if (found !== undefined && found.until >= expires_at) return { grant, profile: equal }
  const place = found === undefined ? freePlace(profiles, now) : equal
  if (place === undefined) return undefined
  const taken: AccessProfile = { scope, since: found?.since ?? issued_at, until: expires_at }
  // concat, not push or a spread: those would make room for 17 in every grant.
  const next = place === profiles.length ? profiles.concat([taken]) : profiles.with(place, taken)
  return { grant: { ...grant, profiles: next }, profile: place }
}

function freePlace(profiles: readonly AccessProfile[], now: number): number | undefined {
  const expired = profiles.findIndex((profile) => profile.until <= now)
  if (expired >= 0) return expired
  return profiles.length < MAX_PROFILES ? profiles.length : undefined
}

/** The scope of an access token, or undefined where the grant does not know its profile (any more). */
export function profileScope(
  grant: Grant,
  { profile, issued_at, expires_at }: { profile: number; issued_at: number; expires_at: number },
): string | undefined {
  const found = grant.profiles[profile]
  return found !== undefined && issued_at >= found.since && expires_at <= found.until
    ? found.scope
    : undefined
}
