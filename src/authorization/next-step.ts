import { type Approved, isApproved } from '../consents/approved.ts'
import { ACR_VALUES, acrOf } from '../protocol/acr.ts'
import type { Account, Proof, ProofStep } from '../sessions/session.ts'
import type { Ask } from './ask.ts'

/** What an ask needs next. `refuse`: the person may not be asked (`prompt=none`), or asking would not help. */
export type Step =
  | { step: 'login' }
  | { step: 'select_account'; account: Account }
  | { step: 'not_allowed'; account: Account }
  | { step: 'consent'; account: Account }
  | { step: 'answer'; account: Account }
  | { step: 'refuse'; error: Refusal }

/** OpenID Connect Core §3.1.2.6, the code of §5.5.1.1, and that of RFC 6749 §4.1.2.1 for a person who may not use the client. */
export type Refusal =
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'unmet_authentication_requirements'

/** Everything that the order of steps depends on. */
export interface Situation<A extends Ask = Ask> {
  ask: A
  /** Who is logged in, unless unknown or disabled by now. */
  account: Account | undefined
  /** Whether the person may use the client at all. */
  admitted: boolean
  /** What the person approved for this client before, and when first (seconds); undefined for nothing. */
  consented: (Approved & { readonly granted_at?: number; readonly ends_at?: number }) | undefined
  /** Whether they approved it for a time that is over: then they are asked, also where nobody else is. */
  lapsed: boolean
  /** Whether somebody else is asked for than who is logged in (`id_token_hint`, `claims`). */
  stranger: boolean
  /** The proofs of this session that still count. */
  proofs: readonly Proof[]
  /** Seconds. */
  now: number
}

/** The order of steps, in one place. Pure: the same situation always needs the same step. */
export function nextStep(situation: Situation): Step {
  const { ask, account } = situation
  const silent = ask.prompt.includes('none')
  if (ask.acr?.some(isReachable) === false) {
    return { step: 'refuse', error: 'unmet_authentication_requirements' }
  }
  if (account !== undefined && situation.stranger) {
    // A login as somebody else than the client asked for: its answer must not be about another person.
    const tried = silent || proven(situation, 'login')
    return tried ? { step: 'refuse', error: 'login_required' } : { step: 'login' }
  }
  if (account === undefined || needsLogin(situation, account)) {
    return silent ? { step: 'refuse', error: 'login_required' } : { step: 'login' }
  }
  if (ask.prompt.includes('select_account') && !proven(situation, 'select_account', 'login')) {
    return { step: 'select_account', account }
  }
  if (!situation.admitted) {
    return silent ? { step: 'refuse', error: 'access_denied' } : { step: 'not_allowed', account }
  }
  if (needsConsent(situation)) {
    if (!silent) return { step: 'consent', account }
    // As for somebody else: a client that asks whether it is this person learns it only with the person's consent.
    return { step: 'refuse', error: ask.subjects ? 'login_required' : 'consent_required' }
  }
  return { step: 'answer', account }
}

// Seconds that the way back from the login and the pages after it may take, however small max_age is: or whoever is slower
// would log in again and again.
const AFTER_LOGIN = 10

function needsLogin(situation: Situation, account: Account): boolean {
  const { ask, now } = situation
  const { prompt, max_age } = ask
  // What the login has reached is not enough: another one may reach more.
  if (ask.acr?.includes(acrOf(account.amr)) === false) return true
  const asks = prompt.includes('login') || max_age === 0
  // OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login. It always asks; the proof ends the loop.
  if (asks && !proven(situation, 'login')) return true
  if (max_age === undefined || max_age === 0 || now - account.auth_time < max_age) return false
  const youngest = proofsOf(situation, 'login').map(({ at }) => at)
  return now - Math.max(0, ...youngest) >= Math.max(max_age, AFTER_LOGIN)
}

function needsConsent({ ask, consented, lapsed }: Situation): boolean {
  if (lapsed) return true
  if (ask.consent !== 'once') return ask.consent === 'always'
  return consented === undefined || !isApproved(consented, ask.approval)
}

function isReachable(acr: string): boolean {
  return ACR_VALUES.some((value) => value === acr)
}

function proven(situation: Situation, ...steps: ProofStep[]): boolean {
  return proofsOf(situation, ...steps).length > 0
}

function proofsOf({ ask, proofs }: Situation, ...steps: ProofStep[]): readonly Proof[] {
  return proofs.filter((proof) => proof.request_digest === ask.digest && steps.includes(proof.step))
}
