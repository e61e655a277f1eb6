import { scopeWithin } from '../protocol/scope.ts'
import type { Account, Proof, ProofStep } from '../sessions/session.ts'
import { type AuthorizationRequest, maySkipConsent } from './request.ts'

/** What a request needs next. `refuse` answers the client: nobody may be asked (`prompt=none`). */
export type Step =
  | { step: 'login' }
  | { step: 'select_account'; account: Account }
  | { step: 'consent'; account: Account }
  | { step: 'answer'; account: Account }
  | { step: 'refuse'; error: 'login_required' | 'consent_required' }

/** Everything that the order of steps depends on. */
export interface Situation {
  request: AuthorizationRequest
  /** Who is logged in, unless unknown or disabled by now. */
  account: Account | undefined
  /** The scope that the person approved for this client before; undefined for none. */
  consented: string | undefined
  /** Whether the request asks for somebody else than who is logged in (`id_token_hint`, `claims`). */
  stranger: boolean
  /** The proofs of this session that still count. */
  proofs: readonly Proof[]
  /** Seconds. */
  now: number
}

/** The order of steps, in one place. Pure: the same situation always needs the same step. */
export function nextStep(situation: Situation): Step {
  const { request, account } = situation
  const silent = request.prompt.includes('none')
  if (account !== undefined && situation.stranger) {
    // A login as somebody else than the client asked for: its answer must not be about another person.
    const tried = silent || proven(situation, 'login')
    return tried ? { step: 'refuse', error: 'login_required' } : { step: 'login' }
  }
  if (account === undefined || needsLogin(situation, account)) {
    return silent ? { step: 'refuse', error: 'login_required' } : { step: 'login' }
  }
  if (request.prompt.includes('select_account') && !proven(situation, 'select_account', 'login')) {
    return { step: 'select_account', account }
  }
  if (needsConsent(situation)) {
    if (!silent) return { step: 'consent', account }
    // As for somebody else: a client that asks whether it is this person learns it only with the person's consent.
    return { step: 'refuse', error: request.subjects ? 'login_required' : 'consent_required' }
  }
  return { step: 'answer', account }
}

// Seconds that the way back from the login and the pages after it may take, however small max_age is: or whoever is slower
// would log in again and again.
const AFTER_LOGIN = 10

function needsLogin(situation: Situation, account: Account): boolean {
  const { request, now } = situation
  const { prompt, max_age } = request
  const asks = prompt.includes('login') || max_age === 0
  // OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login. It always asks; the proof ends the loop.
  if (asks && !proven(situation, 'login')) return true
  if (max_age === undefined || max_age === 0 || now - account.auth_time < max_age) return false
  const youngest = proofsOf(situation, 'login').map(({ at }) => at)
  return now - Math.max(0, ...youngest) >= Math.max(max_age, AFTER_LOGIN)
}

function needsConsent({ request, consented }: Situation): boolean {
  if (request.prompt.includes('consent') || !maySkipConsent(request.target)) return true
  if (request.target.client.skip_consent) return false
  return consented === undefined || !scopeWithin(request.consent_scope, consented)
}

function proven(situation: Situation, ...steps: ProofStep[]): boolean {
  return proofsOf(situation, ...steps).length > 0
}

function proofsOf({ request, proofs }: Situation, ...steps: ProofStep[]): readonly Proof[] {
  return proofs.filter((proof) => proof.request_digest === request.digest && steps.includes(proof.step))
}
