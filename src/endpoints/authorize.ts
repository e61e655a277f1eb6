import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { Browser } from '../http/browser.ts'
import { requireNavigation } from '../http/fetch-metadata.ts'
import { formAsQuery, queryOf } from '../http/form.ts'
import type { Reports } from '../http/reports.ts'
import type { Journal } from '../journal/journal.ts'
import type { FrontChannel } from './front-channel.ts'

/**
 * `GET /oauth/authorize`: the one dispatcher (RFC 6749 §3.1). `POST` is cross-site by nature: it reads no cookie
 * and changes nothing, it only turns into the GET with the same parameters.
 */
export function registerAuthorize(
  app: FastifyInstance,
  {
    desk,
    channel,
    narrowed,
    browser,
    journal,
    reports,
    base,
    now,
  }: {
    desk: AuthorizationDesk
    channel: FrontChannel
    narrowed: NarrowedScopes
    browser: Browser
    journal: Journal
    reports: Reports
    base: string
    now: () => number
  },
): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const parameters = queryOf(request)
    // Only who is logged in has something to lose: without a session nothing is issued.
    if (browser.session(request).cookies.length > 0) {
      const prompt = parameters.quiet('prompt') ?? ''
      requireNavigation(request, { silent: prompt.split(' ').includes('none') })
    }
    const resolved = await desk.resolve(parameters, now())
    if (resolved.kind === 'page') throw resolved.error
    if (resolved.kind === 'redirect')
      return channel.refuse({ request, reply }, resolved.address, resolved.error)
    const asked = resolved.request
    const { client_id } = asked.target.client
    journal.record(request, narrowed.events(client_id, asked.asked_scope, asked.scope))
    try {
      return await channel.dispatch({ request, reply }, asked)
    } catch (error) {
      // A person gets a page, and does not lose their place. With prompt=none nobody is looking: only the client can
      // be told (RFC 6749 §4.1.2.1, where these two codes stand for what cannot be a status).
      if (!asked.prompt.includes('none')) throw error
      return channel.refuse({ request, reply }, asked, reports.thrown(request, error))
    }
  })

  app.post('/oauth/authorize', async (request, reply) => {
    return reply.redirect(`${base}/oauth/authorize${formAsQuery(request)}`, 303)
  })
}
