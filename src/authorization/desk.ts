import type { Clients } from '../clients/client.ts'
import type { Consents } from '../consents/consents.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { Grants } from '../grants/grants.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { type Account, livingProofs, type Session, withoutProofs } from '../sessions/session.ts'
import type { CurrentSession, Sessions } from '../sessions/sessions.ts'
import type { Decision } from '../store/update.ts'
import type { Issuer } from '../tokens/issuer.ts'
import { findActive, type User, type Users } from '../users/user.ts'
import { nextStep, type Situation } from './next-step.ts'
import { type AuthorizationRequest, type ResponseAddress, readAddress, readRequest } from './request.ts'
import type { ResponseParameters } from './response.ts'
import { resolveTarget } from './target.ts'

/** What a request's parameters turned out to be. Only `request` may go on. */
export type Resolved =
  | { kind: 'page'; error: OAuthError }
  | { kind: 'redirect'; address: ResponseAddress; error: OAuthError }
  | { kind: 'request'; request: AuthorizationRequest }

/** Who is at the browser. */
export interface Visitor {
  current: CurrentSession
  account: Account
  user: User
}

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
  readonly #issuer: Issuer

  constructor(context: {
    clients: Clients
    users: Users
    sessions: Sessions
    consents: Consents
    grants: Grants
    issuer: Issuer
  }) {
    this.#clients = context.clients
    this.#users = context.users
    this.#sessions = context.sessions
    this.#consents = context.consents
    this.#grants = context.grants
    this.#issuer = context.issuer
  }

  /** The only way in for a request. Faults that are not the client's (a store that is down) are thrown. */
  async resolve(parameters: Parameters): Promise<Resolved> {
    let address: ResponseAddress | undefined
    try {
      const target = await resolveTarget(this.#clients, parameters)
      address = readAddress(target, parameters)
      return { kind: 'request', request: readRequest(target, parameters) }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      return address === undefined ? { kind: 'page', error } : { kind: 'redirect', address, error }
    }
  }

  /** Who is logged in with this session cookie, unless the person is unknown or disabled by now. */
  async visitor(cookie: string | undefined, now: number): Promise<Visitor | undefined> {
    const current = await this.#sessions.find(cookie, now)
    const account = current?.session.accounts[0]
    const user = account && (await findActive(this.#users, account.sub))
    if (current === undefined || account === undefined || user === undefined) return undefined
    this.#sessions.touch(current, now)
    return { current, account, user }
  }

  /** Everything that the request's next step depends on. */
  async situation(
    request: AuthorizationRequest,
    visitor: Visitor | undefined,
    now: number,
  ): Promise<Situation> {
    if (visitor === undefined) return { request, account: undefined, consented: undefined, proofs: [], now }
    const { account, current } = visitor
    const consent = await this.#consents.find(account.sub, request.target.client.client_id, now)
    return { request, account, consented: consent?.scope, proofs: livingProofs(current.session, now), now }
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
      const next = withoutProofs(session, request.digest)
      return next === session ? { answer: true } : { next, answer: true }
    }
    if (!(await this.#sessions.update(visitor.current, now, spend))) return undefined
    return decision === 'deny'
      ? denied(request, visitor)
      : this.#approved(request, visitor, { decision, now })
  }

  async #approved(
    request: AuthorizationRequest,
    { account }: Visitor,
    { decision, now }: { decision: ConsentDecision; now: number },
  ): Promise<Answer> {
    const { target, scope, state, challenge_digest } = request
    const { client_id, lifetimes } = target.client
    const { sub, sid, auth_time } = account
    if (decision === 'approve') await this.#consents.remember({ sub, client_id, scope }, now)
    const code_expires_at = now + lifetimes.authorization_code_ttl
    const { grant_max_ttl } = lifetimes
    const approval = { client_id, sub, sid, scope, auth_time, code_expires_at, grant_max_ttl }
    const grant_id = await this.#grants.create(approval, now)
    const { redirect_uri, redirect_uri_sent } = target
    const code = this.#issuer.code(
      grant_id,
      { redirect_uri, redirect_uri_sent, challenge_digest },
      code_expires_at,
    )
    const about = { client_id, sub, scope }
    const granted: SecurityEvent[] = decision === 'approve' ? [{ event: 'consent_granted', ...about }] : []
    return {
      parameters: { state, code, scope },
      events: [...granted, { event: 'code_issued', ...about, grant_id }],
    }
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
