import { approvalsEnd, consentIdOf, seenOf } from '../clients/client.ts'
import type { Approvals } from '../clients/introduced/approvals.ts'
import { isApproved } from '../consents/approved.ts'
import { type Consents, hasLapsed } from '../consents/consents.ts'
import type { SecurityEvent } from '../events/events.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import type { Visitor } from '../logins/visitors.ts'
import { OAuthError } from '../protocol/errors.ts'
import { namedTerms } from '../protocol/terms.ts'
import { livingProofs, type Session, withClient, withoutProofs } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Decision } from '../store/update.ts'
import type { IssueResponse } from './issue-response.ts'
import { nextStep, type Situation } from './next-step.ts'
import type { AuthorizationRequest } from './request.ts'
import { type AuthorizationResponse, errorResponse } from './response.ts'

/** What the person said on the consent page; `none` if no page was needed. */
export type ConsentDecision = 'approve' | 'deny' | 'none'

/** The same with how long it is for, in seconds; undefined for no end. */
export interface Decided {
  decision: ConsentDecision
  lifetime?: number | undefined
}

/** The response for the client, with what the journal hears of it. */
export interface Completed {
  response: AuthorizationResponse
  events: readonly SecurityEvent[]
}

/**
 * Completes an authorization request, or returns undefined if the situation has changed and the request must be looked at
 * again. Every check runs once more, on the session as the store has it; the request's proofs are spent by
 * compare-and-swap before a code exists, so that of two answers with one proof only one can be given.
 */
export type CompleteRequest = (
  situation: Situation<AuthorizationRequest>,
  visitor: Visitor,
  decided: Decided,
) => Promise<Completed | undefined>

interface Context {
  sessions: Sessions
  consents: Consents
  grants: Grants
  issueResponse: IssueResponse
  approvals: Approvals
}

// The steps at which a decision still counts. Whoever may not use the client can only turn back.
const ANSWERING: Readonly<Record<ConsentDecision, readonly string[]>> = {
  none: ['answer'],
  approve: ['answer', 'consent'],
  deny: ['answer', 'consent', 'not_allowed'],
}

/** Completes requests in the store. */
export function requestCompleter(context: Context): CompleteRequest {
  return async (situation, visitor, decided) => {
    const { ask, now } = situation
    const { decision } = decided
    const mayAnswer = ANSWERING[decision]
    const spend = (session: Session | undefined): Decision<Session, boolean> => {
      const account = session?.accounts[0]
      if (session === undefined || account?.sid !== visitor.account.sid) return { answer: false }
      const { step } = nextStep({ ...situation, account, proofs: livingProofs(session, now) })
      if (!mayAnswer.includes(step)) return { answer: false }
      const spent = withoutProofs(session, ask.digest)
      // Who introduced themselves hear of no log-out, and a session must not grow with each of them.
      const { client_id, introduced } = ask.target.client
      const next = decision === 'deny' || introduced ? spent : withClient(spent, client_id)
      return next === session ? { answer: true } : { next, answer: true }
    }
    if (!(await context.sessions.update(visitor.current, now, spend))) return undefined
    if (decision === 'deny' && !situation.admitted) return notAdmitted(ask)
    return decision === 'deny' ? denied(ask, visitor) : approved(situation, visitor, decided, context)
  }
}

async function approved(
  { ask: request, consented: before, now }: Situation<AuthorizationRequest>,
  visitor: Visitor,
  { decision, lifetime }: Decided,
  context: Context,
): Promise<Completed | undefined> {
  const { sessions, consents, grants, issueResponse, approvals } = context
  const { account, current, user } = visitor
  const { client_id, introduced } = request.target.client
  const { sub } = account
  const about = { client_id, sub, ...namedTerms(request) }
  const chosen = lifetime === undefined ? undefined : now + lifetime
  const ends_at = decision === 'approve' ? chosen : before?.ends_at
  if (decision === 'approve') {
    await approvals.count(request.target.client, sub, now)
    const since = Math.max(user.since ?? 0, approvalsEnd(request.target.client))
    const seen = seenOf(request.target.client)
    const consent_id = consentIdOf(request.target.client)
    await consents.remember({ client_id, consent_id, sub, since, seen, ends_at, ...request.approval }, now)
  }
  if (decision === 'approve' || introduced?.document) await approvals.note(request.target.client, now)
  const approved_at = introduced && decision === 'none' ? before?.granted_at : undefined
  const { response, grant_id, ended } = await issueResponse(request, visitor, { now, approved_at, ends_at })
  // A logout deletes the session, then looks for its grants; a removal deletes the consent, then looks for them. Either
  // it sees this one, or we see that it came.
  const [lives, consented] = await Promise.all([
    sessions.lives(current.id, now),
    stillConsented(request, account.sub, { decision, ends_at, now }, consents),
  ])
  if (!lives || !consented) {
    if (grant_id !== undefined) await grants.revoke(grant_id, account.sub)
    return undefined
  }
  const granted: SecurityEvent[] = decision === 'approve' ? [{ event: 'consent_granted', ...about }] : []
  const given: SecurityEvent = { event: 'code_issued', ...about, ...(grant_id && { grant_id }) }
  const gone = ended.map((found) => revokedEvent(found, 'too many grants of one person'))
  return { response, events: [...granted, given, ...gone] }
}

/** Whether the decision that this answer rests on still stands; nothing rests on one if nobody had to be asked. */
async function stillConsented(
  { target, approval }: AuthorizationRequest,
  sub: string,
  { decision, ends_at, now }: { decision: ConsentDecision; ends_at: number | undefined; now: number },
  consents: Consents,
): Promise<boolean> {
  const { skip_consent } = target.client
  if (decision === 'none' && skip_consent) return true
  const consent = await consents.find(sub, consentIdOf(target.client), now)
  if (consent === undefined || hasLapsed(consent, now) || consent.seen !== seenOf(target.client)) return false
  // Somebody who has just said it is for an hour does not mean what began in another tab as one for ever.
  const isShorter = (consent.ends_at ?? Infinity) < (ends_at ?? Infinity)
  return isApproved(consent, approval) && !(decision === 'none' && isShorter)
}

function denied(request: AuthorizationRequest, { account }: Visitor): Completed {
  const { client_id } = request.target.client
  return {
    response: errorResponse(new OAuthError('access_denied', 'the person denied the request'), request.state),
    events: [{ event: 'consent_denied', client_id, sub: account.sub, ...namedTerms(request) }],
  }
}

// The journal has heard of it when the page was shown; the person has denied nothing.
function notAdmitted({ state }: AuthorizationRequest): Completed {
  const error = new OAuthError('access_denied', 'this person may not use this client')
  return { response: errorResponse(error, state), events: [] }
}
