import type { AccessProfile, Grant, NextGrant } from './grant.ts'

const MAX_PROFILES = 16

/**
 * Finds the place for access tokens of `scope` that live until `until`: an equal profile, a new one, or one
 * whose last token has expired. Gives the same grant where nothing has to be written, and undefined where all
 * places are taken by living tokens.
 */
export function withProfile(
  grant: NextGrant,
  scope: string,
  until: number,
  now: number,
): { grant: NextGrant; profile: number } | undefined {
  const { profiles } = grant
  const equal = profiles.findIndex((profile) => profile.scope === scope)
  if (equal >= 0 && (profiles[equal] as AccessProfile).until >= until) return { grant, profile: equal }
  const place = equal >= 0 ? equal : freePlace(profiles, now)
  if (place === undefined) return undefined
  const next = profiles.slice()
  next[place] = { scope, until }
  return { grant: { ...grant, profiles: next }, profile: place }
}

function freePlace(profiles: readonly AccessProfile[], now: number): number | undefined {
  const expired = profiles.findIndex((profile) => profile.until <= now)
  if (expired >= 0) return expired
  return profiles.length < MAX_PROFILES ? profiles.length : undefined
}

/** The scope of an access token, or undefined where the grant does not know its profile (any more). */
export function profileScope(grant: Grant, profile: number, expires_at: number): string | undefined {
  const found = grant.profiles[profile]
  return found !== undefined && expires_at <= found.until ? found.scope : undefined
}
