import type { ClaimsRequest } from '../protocol/claims.ts'
import type { StoredRecord } from '../store/store.ts'

/**
 * What ends a grant beside its lifetimes. `login`: the log-out of the person. `standing`: no log-out, only an end of its
 * own: it was asked for as such (`offline_access`), or no browser's login stands behind it.
 */
export type Lasting = 'login' | 'standing'

/** A combination that access tokens of a grant were issued with; the token names it by its place. */
export interface AccessProfile {
  readonly scope: string
  /** Seconds: no token of this profile is older. Before it the place was another combination's. */
  readonly since: number
  /** Seconds: no token of this profile lives longer. Past it the place may be used for another combination. */
  readonly until: number
}

/** The living refresh token of a grant. The token itself is not stored: it is grant id and generation. */
export interface RefreshState {
  readonly generation: number
  /** Seconds: fixed when this generation was made, so that repeating the answer never extends it. */
  readonly expires_at: number
  /** Seconds at which the latest generations were rotated away, newest first; as far back as the grace needs. */
  readonly rotations: readonly number[]
}

/**
 * What one authorization leads to: one record, one key. Deleting it revokes everything. What only the code
 * needs (redirect URI, challenge) is inside the code itself, so that a replay can be judged without keeping it.
 */
export interface Grant extends StoredRecord {
  readonly client_id: string
  readonly sub: string
  /** The login that it came from (public). */
  readonly sid: string
  /** Absent in records that were made before the fact was kept: `lasting.ts` tells it then. */
  readonly lasting?: Lasting
  readonly scope: string
  readonly auth_time: number
  /** RFC 8176 method names of that login. */
  readonly amr: readonly string[]
  /** The person's credential then. */
  readonly credential: string
  /** For the code's ID token alone; gone when it is redeemed. */
  readonly nonce: string | null
  /** Claims asked for by name. */
  readonly claims: ClaimsRequest | null
  readonly expires_at: number
  /** Seconds: until when the person's index has it. Never before `expires_at`. */
  readonly linked_until: number
  /** Seconds: the absolute end, where the configuration sets one. */
  readonly ends_at: number | null
  readonly redeemed: boolean
  readonly refresh: RefreshState | null
  readonly profiles: readonly AccessProfile[]
  /** Access tokens that were revoked one by one: `jti`, end, issue time. */
  readonly revoked: readonly (readonly [jti: string, expires_at: number, issued_at: number])[]
  /** Seconds: access tokens issued before this are revoked. 0 for none. */
  readonly revoked_before: number
}

/** A grant's next version: the loop draws its revision. */
export type NextGrant = Omit<Grant, 'revision'>

/** What a transition has fixed of the tokens that are issued next: facts only, no token. */
export interface PreparedTokens {
  profile: number
  scope: string
  issued_at: number
  access_expires_at: number
  /** Of the authorization request, for the first ID token. */
  nonce?: string
  refresh?: { generation: number; expires_at: number }
}

/** Whether the person allowed access while they are away (OpenID Connect Core §11). */
export function isOffline(scope: string): boolean {
  return scope.split(' ').includes('offline_access')
}

/** The empty list of every grant that has nothing to list. */
export const NONE: readonly never[] = Object.freeze([])
