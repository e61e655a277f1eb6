import type { Lifetimes } from '../clients/client.ts'
import { grantTerms, narrowTerms, type RequestedTerms, termsAt } from '../protocol/terms.ts'
import type { Decision } from '../store/update.ts'
import { type Grant, type NextGrant, NONE, type PreparedTokens, type RefreshState } from './grant.ts'
import { capped, hasEnded, prepare } from './prepare.ts'

/** What a refresh leads to. `replayed`: the successor was issued before and is issued again. */
export type RefreshAnswer =
  | { result: 'issued' | 'replayed'; grant: NextGrant; tokens: PreparedTokens }
  | { result: 'reused'; grant: Grant }
  | { result: 'unknown' | 'expired' | 'superseded' | 'scope_widened' | 'resource_widened' }

export interface RefreshInput {
  generation: number
  requested: RequestedTerms
  /** What the client may have of this person now, at the resources that are asked for. */
  client_scope: string
  lifetimes: Lifetimes
}

// A healthy client does not rotate more often within one grace. The limit keeps the record's size constant.
const MAX_ROTATIONS = 8

/**
 * Rotation with a grace (RFC 9700 §4.14.2). The current generation rotates. The generation before it gets, within the
 * grace, the very same successor again: a client that lost the answer or raced itself stays logged in, and there is never
 * a second living token. Older generations within the grace are slow duplicates: refused, but nothing is revoked.
 * Anything else is reuse, which revokes the grant.
 */
export function refresh(
  grant: Grant | undefined,
  input: RefreshInput,
  now: number,
): Decision<Grant, RefreshAnswer> {
  const state = grant?.refresh
  if (grant === undefined || !state || input.generation > state.generation) {
    return { answer: { result: 'unknown' } }
  }
  const behind = state.generation - input.generation
  const { lifetimes } = input
  if (behind > 0 && !withinGrace(state.rotations[behind - 1], lifetimes.refresh_token_grace, now)) {
    return { next: 'delete', answer: { result: 'reused', grant }, accuses: true }
  }
  if (behind > 1) return { answer: { result: 'superseded' } }
  if (state.expires_at <= now || hasEnded(grant, now)) return { answer: { result: 'expired' } }
  // RFC 6749 §6: never beyond what was originally granted. What goes beyond is left out, as at the authorization endpoint,
  // because many clients repeat what they asked for first. A resource is not left out (RFC 8707 §2.2): the token would not
  // work where it is sent. The refresh token keeps the whole scope, and all resources.
  const bound = termsAt(input.requested.resource, grant)
  if (bound === undefined) return { answer: { result: 'resource_widened' } }
  const terms = grantTerms(input.requested, narrowTerms(bound, input.client_scope))
  if (terms === undefined) return { answer: { result: 'scope_widened' } }
  const before: NextGrant =
    behind === 1 ? grant : { ...grant, refresh: rotated(grant, state, lifetimes, now) }
  const prepared = prepare(before, { terms, lifetimes }, now)
  const answer: RefreshAnswer = { result: behind === 1 ? 'replayed' : 'issued', ...prepared }
  return prepared.grant === grant ? { answer } : { next: prepared.grant, answer }
}

function rotated(grant: Grant, state: RefreshState, lifetimes: Lifetimes, now: number): RefreshState {
  const grace = lifetimes.refresh_token_grace
  // Drop only from the end: a rotation's index is its generation, and if clocks differ a newer one may carry an earlier
  // time.
  let kept = Math.min(state.rotations.length, MAX_ROTATIONS - 1)
  while (kept > 0 && !withinGrace(state.rotations[kept - 1], grace, now)) kept--
  // `concat`, not a spread: V8 would reserve 17 elements in every grant.
  const rotations = grace > 0 ? [now].concat(state.rotations.slice(0, kept)) : NONE
  return {
    generation: state.generation + 1,
    expires_at: capped(now + lifetimes.refresh_token_ttl, grant.ends_at),
    rotations,
  }
}

// The clocks of two nodes may differ: a rotation in the future counts as just now.
function withinGrace(rotated_at: number | undefined, grace: number, now: number): boolean {
  return rotated_at !== undefined && Math.max(0, now - rotated_at) < grace
}
