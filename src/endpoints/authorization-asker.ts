import type { CompleteRequest } from '../authorization/complete.ts'
import type { Refusal } from '../authorization/next-step.ts'
import type { AuthorizationRequest } from '../authorization/request.ts'
import type { ResolveRequest } from '../authorization/resolve.ts'
import { spendProofs } from '../authorization/situation.ts'
import { notAdmitted } from '../grants/admission.ts'
import { queryOf, rawQuery } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import { ACR_VALUES } from '../protocol/acr.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Asker } from './asker.ts'
import { type DeliverContext, deliver, deliverError } from './deliver.ts'

export interface AuthorizationAskerContext extends DeliverContext {
  resolveRequest: ResolveRequest
  completeRequest: CompleteRequest
  sessions: Sessions
  journal: Journal
  base: string
  now: () => number
}

/** A client that asks with an authorization request, whose parameters are the query of every step's URL. */
export function authorizationAsker(context: AuthorizationAskerContext): Asker<AuthorizationRequest> {
  const { resolveRequest, completeRequest, sessions, journal, base, now } = context
  const back: Asker['back'] = (request) => `${base}/oauth/authorize${rawQuery(request)}`
  return {
    asks: (query) => query.length > 1,
    back,
    async read(request) {
      const sent = { parameters: queryOf(request), back: back(request), address: request.ip }
      const resolved = await resolveRequest(sent, now())
      return resolved.kind === 'request' ? resolved.request : undefined
    },
    async finish(exchange, { situation, visitor, decided }) {
      const completed = await completeRequest(situation, visitor, decided)
      if (completed === undefined) return false
      journal.record(exchange.request, completed.events)
      await deliver(exchange, situation.ask, completed.response, context)
      return true
    },
    async refuse(exchange, { situation, visitor, error }) {
      const { ask } = situation
      if (visitor !== undefined) await spendProofs(sessions, situation, visitor)
      if (error === 'access_denied' && visitor !== undefined)
        journal.record(exchange.request, [notAdmitted(ask.target.client, visitor.account.sub)])
      return deliverError(exchange, ask, new OAuthError(error, reasonOf(error, ask)), context)
    },
  }
}

function reasonOf(error: Refusal, { prompt }: AuthorizationRequest): string {
  if (error === 'unmet_authentication_requirements') return `acr here is ${ACR_VALUES.join(', ')}`
  if (error === 'access_denied') return 'this person may not use this client'
  return prompt.includes('none')
    ? 'prompt=none, but the person must be asked'
    : 'somebody else logged in than the one asked for'
}
