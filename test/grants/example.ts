import type { Lifetimes } from '../../src/clients/client.ts'
import type { Grant, NextGrant, PreparedTokens } from '../../src/grants/grant.ts'
import { OWN_TERMS } from '../../src/grants/profiles.ts'
import { type RedeemInput, redeem } from '../../src/grants/redeem.ts'
import { type RefreshAnswer, type RefreshInput, refresh } from '../../src/grants/refresh.ts'
import type { AccessTokenFacts } from '../../src/grants/revoke.ts'

/** The moment at which every example begins; the wall clock's, so that a real store's own expiry agrees. */
export const T = Math.floor(Date.now() / 1000)

export const LIFETIMES: Lifetimes = {
  access_token_ttl: 300,
  refresh_token_ttl: 3600,
  authorization_code_ttl: 60,
  refresh_token_grace: 30,
  grant_max_ttl: 0,
}

export const SCOPE = 'openid read write'

/** Freezes a value and everything in it: a transition that writes to its input throws. */
export function frozen<V>(value: V): V {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

/** A grant whose code waits to be redeemed. */
export function unredeemed(over: Partial<Grant> = {}): Grant {
  return frozen({
    revision: 'first',
    client_id: 'app',
    sub: 'alice',
    sid: 'sid-1',
    lasting: 'login',
    scope: SCOPE,
    auth_time: T,
    amr: ['pwd'],
    credential: 'c',
    nonce: null,
    claims: null,
    expires_at: T + 60,
    linked_until: T + 60,
    ends_at: null,
    redeemed: false,
    refresh: null,
    profiles: [],
    revoked: [],
    revoked_before: 0,
    ...over,
  })
}

export function redeemInput(over: Partial<RedeemInput> = {}): RedeemInput {
  return frozen({ client_scope: SCOPE, refresh: true, lifetimes: LIFETIMES, ...over })
}

/** What a test says of a refresh; `scope` is the requested one. */
export type RefreshOver = Partial<Omit<RefreshInput, 'requested'>> & { scope?: string | undefined }

export function refreshInput(generation: number, { scope, ...over }: RefreshOver = {}): RefreshInput {
  return frozen({ generation, requested: { scope }, client_scope: SCOPE, lifetimes: LIFETIMES, ...over })
}

/** The next version as the store would hold it. */
export function stored(next: NextGrant | 'delete' | undefined, revision = 'next'): Grant {
  if (next === undefined || next === 'delete') throw new Error(`expected a next version, got ${next}`)
  return frozen({ ...next, revision })
}

/** A grant redeemed at `now`, with generation 0 alive. */
export function redeemed(now = T, over: Partial<Grant> = {}, input: Partial<RedeemInput> = {}): Grant {
  return stored(redeem(unredeemed(over), redeemInput(input), now).next)
}

/** Rotates the current generation; throws if that is refused. */
export function rotate(grant: Grant, now: number, over: RefreshOver = {}): Grant {
  const { next, answer } = refresh(grant, refreshInput(grant.refresh?.generation ?? 0, over), now)
  if (answer.result !== 'issued') throw new Error(`not rotated: ${answer.result}`)
  return stored(next)
}

/** The tokens that were prepared; throws if there are none. */
export function preparedOf(
  answer: RefreshAnswer | { result: string; tokens?: PreparedTokens },
): PreparedTokens {
  if (!('tokens' in answer) || answer.tokens === undefined) throw new Error(`no tokens: ${answer.result}`)
  return answer.tokens
}

let serial = 0

/** An access token's facts, as its handle would carry them. */
export function accessToken(prepared: PreparedTokens, jti = `jti-${++serial}`): AccessTokenFacts {
  const { profile, issued_at, access_expires_at, terms } = prepared
  const facts = { grant_id: 'g', profile, issued_at, expires_at: access_expires_at, jti }
  return frozen(profile === OWN_TERMS ? { ...facts, terms } : facts)
}
