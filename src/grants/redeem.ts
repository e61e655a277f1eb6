import type { Lifetimes } from '../clients/client.ts'
import { narrowTerms, type Terms, termsAt } from '../protocol/terms.ts'
import type { Decision } from '../store/update.ts'
import { type Grant, type NextGrant, NONE, type PreparedTokens } from './grant.ts'
import { capped, hasEnded, prepare } from './prepare.ts'

/** What redeeming a code leads to. `reused`: this was the second use, and the grant is revoked. */
export type RedeemAnswer =
  | { result: 'issued'; grant: NextGrant; tokens: PreparedTokens }
  | { result: 'reused'; grant: Grant }
  | { result: 'unknown' }

/** What the registries say of the client now. */
export interface RedeemInput {
  /** The resources that the access token is for; undefined for the grant's. The caller has checked that they are among them. */
  resource?: Terms['resource']
  /** What the client may have of this person now, at these resources. */
  client_scope: string
  /** Whether the client has the `refresh_token` grant type. */
  refresh: boolean
  lifetimes: Lifetimes
}

/**
 * RFC 6749 §4.1.2: a code is used once. The caller has checked everything else (client, redirect URI, verifier, expiry),
 * so a second use here is a real one: it revokes what the first use issued.
 */
export function redeem(
  grant: Grant | undefined,
  input: RedeemInput,
  now: number,
): Decision<Grant, RedeemAnswer> {
  if (grant === undefined || hasEnded(grant, now)) return { answer: { result: 'unknown' } }
  if (grant.redeemed) return { next: 'delete', answer: { result: 'reused', grant }, accuses: true }
  const { lifetimes } = input
  const bound = termsAt(input.resource, grant)
  if (bound === undefined) return { answer: { result: 'unknown' } }
  const terms = narrowTerms(bound, input.client_scope)
  const refresh = input.refresh
    ? {
        generation: 0,
        expires_at: capped(now + lifetimes.refresh_token_ttl, grant.ends_at),
        rotations: NONE,
      }
    : null
  const prepared = prepare({ ...grant, redeemed: true, refresh, nonce: null }, { terms, lifetimes }, now)
  if (grant.nonce !== null) prepared.tokens.nonce = grant.nonce
  return { next: prepared.grant, answer: { result: 'issued', ...prepared } }
}
