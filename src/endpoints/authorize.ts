import type { FastifyInstance } from 'fastify'
import type { AuthorizationRequest } from '../authorization/request.ts'
import type { ResolveRequest } from '../authorization/resolve.ts'
import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { Browser } from '../http/browser.ts'
import { requireNavigation } from '../http/fetch-metadata.ts'
import { formAsQuery, queryOf } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import type { Asker } from './asker.ts'
import { type DeliverContext, deliverError, showBlocked } from './deliver.ts'
import type { Dispatcher } from './dispatcher.ts'

export interface AuthorizeContext extends DeliverContext {
  resolveRequest: ResolveRequest
  dispatcher: Dispatcher
  narrowed: NarrowedScopes
  browser: Browser
  journal: Journal
  base: string
  now: () => number
}

/**
 * `GET /oauth/authorize`: the one dispatcher (RFC 6749 §3.1). `POST` is cross-site by nature: it reads no cookie
 * and changes nothing, it only turns into the GET with the same parameters.
 */
export function registerAuthorize(
  app: FastifyInstance,
  asker: Asker<AuthorizationRequest>,
  context: AuthorizeContext,
): void {
  const { resolveRequest, dispatcher, narrowed, browser, journal, reports, base, now } = context
  app.get('/oauth/authorize', async (request, reply) => {
    const exchange = { request, reply }
    const parameters = queryOf(request)
    // Only who is logged in has something to lose: without a session nothing is issued.
    if (browser.bringsSession(request)) {
      const prompt = parameters.quiet('prompt') ?? ''
      requireNavigation(request, { silent: prompt.split(' ').includes('none') })
    }
    const resolved = await resolveRequest(
      { parameters, back: asker.back(request), address: request.ip },
      now(),
    )
    if (resolved.kind === 'page') throw resolved.error
    if (resolved.kind === 'blocked') return showBlocked(exchange, resolved.error, context)
    if (resolved.kind === 'redirect') return deliverError(exchange, resolved.address, resolved.error, context)
    const ask = resolved.request
    const { client_id } = ask.target.client
    journal.record(request, narrowed.events(client_id, ask.asked_scope, ask.scope))
    try {
      return await dispatcher.dispatch(exchange, asker, ask)
    } catch (error) {
      // A person gets a page, and does not lose their place. With prompt=none nobody is looking: only the client can
      // be told (RFC 6749 §4.1.2.1, where these two codes stand for what cannot be a status).
      if (!ask.prompt.includes('none')) throw error
      return deliverError(exchange, ask, reports.thrown(request, error), context)
    }
  })

  app.post('/oauth/authorize', async (request, reply) => {
    return reply.redirect(`${base}/oauth/authorize${formAsQuery(request)}`, 303)
  })
}
