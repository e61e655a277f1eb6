import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk, Visitor } from '../authorization/desk.ts'
import { scopeSentences } from '../authorization/scope-sentences.ts'
import type { Clients } from '../clients/client.ts'
import type { Consents } from '../consents/consents.ts'
import type { Grants } from '../grants/grants.ts'
import type { Browser } from '../http/browser.ts'
import { formOf } from '../http/form.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import type { RenderPage } from '../http/pages.ts'
import { scopeUnion } from '../protocol/scope.ts'
import { accountView, clientView, type Exchange } from './front-channel.ts'

export interface HomeContext {
  desk: AuthorizationDesk
  clients: Clients
  grants: Grants
  consents: Consents
  browser: Browser
  render: RenderPage
  log: Logger
  base: string
  scopes: Readonly<Record<string, string>>
  /** The walk-through's URL, in the demo. */
  tryHref: string | undefined
  now: () => number
}

/** `GET /`: who is logged in and which applications have access; `POST /apps/remove` takes it from one. */
export function registerHome(app: FastifyInstance, context: HomeContext): void {
  const { desk, grants, consents, browser, render, log, base, tryHref } = context

  app.get('/', async (request, reply) => {
    const visitor = await desk.visitor(browser.session(request), context.now())
    return render(reply, 'home', {
      account: visitor && accountView(visitor.user),
      apps: visitor ? await appsOf(visitor, { request, reply }, context) : [],
      login_href: `${base}/login`,
      logout_href: `${base}/logout`,
      remove_action: `${base}/apps/remove`,
      try_href: tryHref,
    })
  })

  app.post('/apps/remove', async (request, reply) => {
    const now = context.now()
    const visitor = await desk.visitor(browser.session(request), now)
    const client_id = formOf(request).one('client_id') ?? ''
    if (visitor && browser.ownForm(request, { binding: removal(visitor, client_id), now })) {
      const { sub } = visitor.account
      await consents.forget(sub, client_id)
      for (const { id, grant } of await grants.ofSubject(sub, now)) {
        if (grant.client_id !== client_id) continue
        await grants.revoke(id, sub)
        logEvents(log, request.id, [
          { event: 'grant_revoked', client_id, sub, grant_id: id, reason: 'by the person' },
        ])
      }
    }
    return reply.redirect(`${base}/`, 303)
  })
}

async function appsOf(visitor: Visitor, { request, reply }: Exchange, context: HomeContext) {
  const { clients, grants, browser, now } = context
  const scopes = new Map<string, string>()
  for (const { grant } of await grants.ofSubject(visitor.account.sub, now())) {
    scopes.set(grant.client_id, scopeUnion(scopes.get(grant.client_id) ?? '', grant.scope))
  }
  const apps = [...scopes].map(async ([client_id, scope]) => {
    const client = await clients.find(client_id)
    if (client === undefined) return []
    const csrf = browser.formToken(request, reply, { binding: removal(visitor, client_id), now: now() })
    // Without its logo: this page loads nothing from the applications that it lists.
    const { logo_uri: _, ...view } = clientView(client)
    return [{ client: view, scopes: scopeSentences(scope, context.scopes), client_id, csrf }]
  })
  return (await Promise.all(apps)).flat()
}

function removal({ account }: Visitor, client_id: string) {
  return { account: account.sid, form: `remove ${client_id}`, request: '' }
}
