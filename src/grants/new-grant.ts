import type { ClaimsRequest } from '../protocol/claims-request.ts'
import type { Terms } from '../protocol/terms.ts'
import { own, shared } from '../store/own.ts'
import { type Grant, type Lasting, NONE } from './grant.ts'
import { capped } from './prepare.ts'

/** What a grant is made from: a person's approval, or a proof that needs none. */
export interface NewGrant extends Terms {
  client_id: string
  sub: string
  sid: string
  lasting: Lasting
  auth_time: number
  /** Seconds, as in `Grant`. */
  approved_at?: number | undefined
  amr?: readonly string[]
  credential?: string
  nonce?: string | undefined
  claims?: ClaimsRequest | null
  /** Seconds: when the unredeemed code, and with it the grant, ends. */
  code_expires_at: number
  /** Seconds a grant may live at most; 0 = no limit. */
  grant_max_ttl: number
  /** Seconds: the end that the person has chosen; undefined for none. */
  ends_at?: number | undefined
}

/** Returns the grant, whose code waits to be redeemed. `now` in seconds. */
export function unredeemed(facts: NewGrant, now: number): Grant {
  const { client_id, sub, sid, lasting, scope, auth_time, amr = NONE, credential = '' } = facts
  const { nonce, claims, code_expires_at, resource, approved_at } = facts
  // Every field in one literal, empty lists shared: at a hundred thousand grants the layout is what costs.
  const grant: Grant = {
    revision: '',
    client_id,
    sub,
    sid,
    lasting,
    scope: shared(scope),
    auth_time,
    created_at: now,
    amr,
    credential,
    nonce: nonce === undefined ? null : own(nonce),
    claims: claims ?? null,
    expires_at: code_expires_at,
    linked_until: code_expires_at,
    ends_at: endOf(facts, now),
    redeemed: false,
    refresh: null,
    profiles: NONE,
    revoked: NONE,
    revoked_before: 0,
  }
  if (resource === undefined && approved_at === undefined) return grant
  return {
    ...grant,
    ...(approved_at !== undefined && { approved_at }),
    // A release of before would give tokens of it to anybody: it answers as if its store were down.
    ...(resource !== undefined && { resource: resource.map(shared), least_schema: 2 as const }),
  }
}

function endOf({ grant_max_ttl, ends_at }: NewGrant, now: number): number | null {
  const longest = grant_max_ttl > 0 ? now + grant_max_ttl : null
  return ends_at === undefined ? longest : capped(ends_at, longest)
}
