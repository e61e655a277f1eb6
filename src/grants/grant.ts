import type { ClaimsRequest } from '../protocol/claims-request.ts'
import type { Terms } from '../protocol/terms.ts'
import type { StoredRecord } from '../store/store.ts'

/**
 * What ends a grant beside its lifetimes. `login`: the log-out of the person. `standing`: no log-out, only an end of its
 * own, because the grant was asked for as such (`offline_access`), or because no browser's login stands behind it.
 */
export type Lasting = 'login' | 'standing'

/** The terms that access tokens of a grant were issued with; a token names them by their place in the grant's list. */
export interface AccessProfile extends Terms {
  /** Seconds: no token of this profile was issued earlier. Until then another profile may have had the place. */
  readonly since: number
  /** Seconds: no token of this profile lives longer. Then another profile may take the place. */
  readonly until: number
}

/** The living refresh token of a grant. The token itself is not stored: it consists of grant id and generation. */
export interface RefreshState {
  readonly generation: number
  /** Seconds: fixed when this generation was made, so that a repeated answer never extends it. */
  readonly expires_at: number
  /** Seconds: when the latest generations were rotated away, newest first, as far back as the grace needs. */
  readonly rotations: readonly number[]
}

/**
 * What one authorization leads to: one record, one key. Deleting the record revokes everything. What only the code
 * needs (redirect URI, challenge) is inside the code itself, so a replay can be judged although nothing of it is kept.
 */
export interface Grant extends StoredRecord, Terms {
  /** Set if it has resources, which releases with schema 1 do not know. */
  readonly least_schema?: 2
  readonly client_id: string
  readonly sub: string
  /** The login that the grant came from: its public id. */
  readonly sid: string
  /** Absent in records that were made before this was kept: then `lasting.ts` derives it. */
  readonly lasting?: Lasting
  readonly auth_time: number
  /** Seconds: when it was made. Absent in records that were made before this was kept. */
  readonly created_at?: number
  /**
   * Seconds: when the person approved a client that introduced itself, if this rests on an approval of before. An end of approvals
   * reaches it, although it is younger.
   */
  readonly approved_at?: number
  /** RFC 8176 method names of that login. */
  readonly amr: readonly string[]
  /** The person's credential at that login. */
  readonly credential: string
  /** Only for the ID token that the code gets; dropped when the code is redeemed. */
  readonly nonce: string | null
  /** Claims asked for by name. */
  readonly claims: ClaimsRequest | null
  readonly expires_at: number
  /** Seconds: when its link in the person's index ends. Never before `expires_at`. */
  readonly linked_until: number
  /** Seconds: the absolute end, if the configuration sets one, or the person has. */
  readonly ends_at: number | null
  readonly redeemed: boolean
  readonly refresh: RefreshState | null
  readonly profiles: readonly AccessProfile[]
  /** Access tokens that were revoked one by one: `jti`, end, issue time. */
  readonly revoked: readonly (readonly [jti: string, expires_at: number, issued_at: number])[]
  /** Seconds: access tokens issued before this are revoked. 0 for none. */
  readonly revoked_before: number
}

/** A grant's next version. The compare-and-swap loop draws its revision. */
export type NextGrant = Omit<Grant, 'revision'>

/** What a transition has fixed of the tokens that are issued next: facts only, no token. */
export interface PreparedTokens {
  profile: number
  terms: Terms
  issued_at: number
  access_expires_at: number
  /** The authorization request's, for the first ID token. */
  nonce?: string
  refresh?: { generation: number; expires_at: number }
}

/** Whether this scope allows access while the person is away (OpenID Connect Core §11). */
export function isOffline(scope: string): boolean {
  return scope.split(' ').includes('offline_access')
}

/** The empty list of every grant that has nothing to list. */
export const NONE: readonly never[] = Object.freeze([])
