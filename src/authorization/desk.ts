import type { Clients } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import type { Consents } from '../consents/consents.ts'
import type { SecurityEvent } from '../events/events.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { scopeWithin } from '../protocol/scope.ts'
import { type Account, livingProofs, type Session, withClient, withoutProofs } from '../sessions/session.ts'
import type { Brought, CurrentSession, Sessions } from '../sessions/sessions.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { Decision } from '../store/update.ts'
import { isOlder } from '../users/since.ts'
import { findStanding } from '../users/standing.ts'
import type { User, Users } from '../users/user.ts'
import type { AnswerMaker } from './answer.ts'
import { nextStep, type Situation } from './next-step.ts'
import { type AuthorizationRequest, type ResponseAddress, readAddress, readRequest } from './request.ts'
import type { ResponseParameters } from './response.ts'
import type { SectorDocuments } from './sector-documents.ts'
import { resolveTarget, type Target } from './target.ts'

/** What a request's parameters turned out to be. Only `request` may go on. */
export type Resolved =
  | { kind: 'page'; error: OAuthError }
  | { kind: 'redirect'; address: ResponseAddress; error: OAuthError }
  | { kind: 'request'; request: AuthorizationRequest }

/** A login that the browser brings. */
export interface Login {
  current: CurrentSession
  account: Account
}

/** Who is at the browser. */
export interface Visitor extends Login {
  user: User
}

/** What a browser comes with: a login of somebody, or one that is dead here, or none. */
export type Arrival =
  | { visitor: Visitor; dead?: undefined }
  /** `disabled`: the person is, so it is over; otherwise it may still be good at another node. */
  | { visitor?: undefined; dead: Login & { disabled: boolean } }
  | { visitor?: undefined; dead?: undefined }

/** What the person said on the consent page; `none` where no page was needed. */
export type ConsentDecision = 'approve' | 'deny' | 'none'

/** The answer for the client, with what the log is told of it. */
export interface Answer {
  parameters: ResponseParameters
  events: readonly SecurityEvent[]
}

/** The authorization endpoint without HTTP. The request is read from its parameters each time, never stored. */
export class AuthorizationDesk {
  readonly #clients: Clients
  readonly #users: Users
  readonly #sessions: Sessions
  readonly #consents: Consents
  readonly #grants: Grants
  readonly #answers: AnswerMaker
  readonly #signing: SigningKeys
  readonly #subjects: Subjects
  readonly #sectors: SectorDocuments

  constructor(context: {
    clients: Clients
    users: Users
    sessions: Sessions
    consents: Consents
    grants: Grants
    answers: AnswerMaker
    signing: SigningKeys
    subjects: Subjects
    sectors: SectorDocuments
  }) {
    this.#clients = context.clients
    this.#users = context.users
    this.#sessions = context.sessions
    this.#consents = context.consents
    this.#grants = context.grants
    this.#answers = context.answers
    this.#signing = context.signing
    this.#subjects = context.subjects
    this.#sectors = context.sectors
  }

  /** The only way in for a request. Faults that are not the client's (a store that is down) are thrown. */
  async resolve(parameters: Parameters, now: number): Promise<Resolved> {
    let address: ResponseAddress | undefined
    try {
      const target = await resolveTarget(this.#clients, parameters)
      await this.#sectors.check(target.client, now)
      address = readAddress(target, parameters)
      const request = readRequest(target, parameters)
      const hint = parameters.one('id_token_hint')
      if (hint !== undefined) {
        const subject = await this.#hintedSubject(hint, target)
        // OpenID Connect Core §5.5.1: the answer is about one person, whom both must mean.
        if (request.subjects?.includes(subject) === false)
          throw new OAuthError('invalid_request', 'id_token_hint and claims ask for different people')
        request.subjects = [subject]
      }
      return { kind: 'request', request }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      return address === undefined ? { kind: 'page', error } : { kind: 'redirect', address, error }
    }
  }

  // OpenID Connect Core §3.1.2.1: whom an ID token of ours names; that it has expired does no harm.
  async #hintedSubject(hint: string, { client }: Target): Promise<string> {
    const verified = await this.#signing.verify(hint)
    const { aud, sub } = verified?.payload ?? {}
    if (verified?.typ === 'JWT' && aud === client.client_id && sub !== undefined) return sub
    throw new OAuthError('invalid_request', 'id_token_hint is not an ID token of this server for this client')
  }

  /** Whose login the browser brings, and whether it is still good here. */
  async arrival(brought: Brought, now: number): Promise<Arrival> {
    const current = await this.#sessions.find(brought, now)
    const account = current?.session.accounts[0]
    if (current === undefined || account === undefined) return {}
    const standing = await findStanding(this.#users, account)
    if (standing.result !== 'entitled')
      return { dead: { current, account, disabled: standing.result === 'disabled' } }
    this.#sessions.touch(current, now)
    return { visitor: { current, account, user: standing.user } }
  }

  /** Everything that the request's next step depends on. */
  async situation(
    request: AuthorizationRequest,
    visitor: Visitor | undefined,
    now: number,
  ): Promise<Situation> {
    if (visitor === undefined) {
      return { request, account: undefined, consented: undefined, stranger: false, proofs: [], now }
    }
    const { account, current, user } = visitor
    const { client } = request.target
    const found = await this.#consents.find(account.sub, client.client_id, now)
    const consent = found && isOlder(found.granted_at, user) ? undefined : found
    const stranger = request.subjects?.includes(this.#subjects.of(client, account.sub)) === false
    const proofs = livingProofs(current.session, now)
    return { request, account, consented: consent?.scope, stranger, proofs, now }
  }

  /**
   * Answers the client, or gives undefined where the situation has changed and the request must be looked at
   * again. Every check runs once more, on the session as the store has it; the request's proofs are spent by
   * compare-and-swap before a code exists, so that of two answers with one proof only one can be given.
   */
  async complete(
    situation: Situation,
    visitor: Visitor,
    decision: ConsentDecision,
  ): Promise<Answer | undefined> {
    const { request, now } = situation
    const mayAnswer = decision === 'none' ? ['answer'] : ['answer', 'consent']
    const spend = (session: Session | undefined): Decision<Session, boolean> => {
      const account = session?.accounts[0]
      if (session === undefined || account?.sid !== visitor.account.sid) return { answer: false }
      const { step } = nextStep({ ...situation, account, proofs: livingProofs(session, now) })
      if (!mayAnswer.includes(step)) return { answer: false }
      const spent = withoutProofs(session, request.digest)
      const next = decision === 'deny' ? spent : withClient(spent, request.target.client.client_id)
      return next === session ? { answer: true } : { next, answer: true }
    }
    if (!(await this.#sessions.update(visitor.current, now, spend))) return undefined
    return decision === 'deny'
      ? denied(request, visitor)
      : this.#approved(request, visitor, { decision, now })
  }

  /** Spends the request's proofs where the client gets a refusal instead: the same URL then begins anew. */
  async refused({ request, now }: Situation, visitor: Visitor): Promise<void> {
    await this.#sessions.update(visitor.current, now, (session) => {
      const next = session && withoutProofs(session, request.digest)
      return next === undefined || next === session ? { answer: undefined } : { next, answer: undefined }
    })
  }

  async #approved(
    request: AuthorizationRequest,
    visitor: Visitor,
    { decision, now }: { decision: ConsentDecision; now: number },
  ): Promise<Answer | undefined> {
    const { account, current, user } = visitor
    const { client_id } = request.target.client
    const about = { client_id, sub: account.sub, scope: request.scope }
    if (decision === 'approve') {
      const { since } = user
      await this.#consents.remember({ ...about, scope: request.consent_scope, since }, now)
    }
    const { parameters, grant_id, ended } = await this.#answers.make(request, visitor, now)
    // A logout deletes the session, then looks for its grants; a removal deletes the consent, then looks for them. Either
    // it sees this one, or we see that it came.
    const [lives, consented] = await Promise.all([
      this.#sessions.lives(current.id, now),
      this.#stillConsented(request, account.sub, { decision, now }),
    ])
    if (!lives || !consented) {
      if (grant_id !== undefined) await this.#grants.revoke(grant_id, account.sub)
      return undefined
    }
    const granted: SecurityEvent[] = decision === 'approve' ? [{ event: 'consent_granted', ...about }] : []
    const given: SecurityEvent = { event: 'code_issued', ...about, ...(grant_id && { grant_id }) }
    const gone = ended.map((found) => revokedEvent(found, 'too many grants of one person'))
    return { parameters, events: [...granted, given, ...gone] }
  }

  /** Whether the decision that this answer rests on still stands; nothing rests on one if nobody had to be asked. */
  async #stillConsented(
    { target, consent_scope }: AuthorizationRequest,
    sub: string,
    { decision, now }: { decision: ConsentDecision; now: number },
  ): Promise<boolean> {
    const { client_id, skip_consent } = target.client
    if (decision === 'none' && skip_consent) return true
    const consent = await this.#consents.find(sub, client_id, now)
    return consent !== undefined && scopeWithin(consent_scope, consent.scope)
  }
}

function denied(request: AuthorizationRequest, { account }: Visitor): Answer {
  const { client_id } = request.target.client
  return {
    parameters: errorParameters(
      new OAuthError('access_denied', 'the person denied the request'),
      request.state,
    ),
    events: [{ event: 'consent_denied', client_id, sub: account.sub, scope: request.scope }],
  }
}

/** An error as the parameters of RFC 6749 §4.1.2.1. */
export function errorParameters(error: OAuthError, state: string | undefined): ResponseParameters {
  return { error: error.error, state, error_description: error.message }
}
