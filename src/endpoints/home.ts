import type { FastifyInstance } from 'fastify'
import { plainLogin } from '../authorization/ask.ts'
import { resourceSentences } from '../authorization/resource-sentences.ts'
import { scopeSentences } from '../authorization/scope-sentences.ts'
import { approvalsEnd, type Clients } from '../clients/client.ts'
import { approvedTerms } from '../consents/approved.ts'
import type { Consents } from '../consents/consents.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import { approvedAt } from '../grants/grantor.ts'
import type { Grants } from '../grants/grants.ts'
import { formOf } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Notice } from '../http/views/view.ts'
import type { Journal } from '../journal/journal.ts'
import type { Visitor } from '../logins/visitors.ts'
import { resourceKey } from '../protocol/resource.ts'
import { scopeUnion } from '../protocol/scope.ts'
import { namedTerms, termsOf } from '../protocol/terms.ts'
import type { Resources } from '../resources/resources.ts'
import { isOlder } from '../users/since.ts'
import type { Asker, Exchange } from './asker.ts'
import { type FormContext, formRefused } from './form-refused.ts'
import { accountView, clientView } from './shown.ts'
import { type VisitorContext, visitorAt } from './visitor.ts'

export interface HomeContext extends VisitorContext, FormContext {
  journal: Journal
  clients: Clients
  grants: Grants
  consents: Consents
  render: RenderPage
  base: string
  scopes: Readonly<Record<string, string>>
  resources: Pick<Resources, 'find'>
  /** The walk-through's URL, in the demo. */
  tryHref: string | undefined
}

/** The signed-in page as one that asks: for nothing but a login, on a step's URL without a query. */
export function homeAsker(base: string): Asker {
  const back = () => `${base}/`
  return {
    asks: (query) => query.length <= 1,
    back,
    read: async () => plainLogin(back()),
    finish: async () => false,
    refuse: async ({ reply }) => reply.redirect(back(), 303),
  }
}

/** `GET /`: who is logged in and which applications have access; `POST /apps/remove` takes it from one. */
export function registerHome(app: FastifyInstance, context: HomeContext): void {
  const { grants, consents, browser, render, journal, base, tryHref } = context

  app.get('/', { exposeHeadRoute: true }, async (request, reply) => {
    const visitor = await visitorAt({ request, reply }, context)
    return show({ request, reply }, visitor)
  })

  app.post('/apps/remove', async (request, reply) => {
    const now = context.now()
    const visitor = await visitorAt({ request, reply }, context)
    const client_id = formOf(request).one('client_id') ?? ''
    const own = visitor && browser.ownForm(request, { binding: removal(visitor, client_id), now })
    if (!own) return show({ request, reply }, visitor, formRefused(context, request))
    const { sub } = visitor.account
    const consent = await consents.forget(sub, client_id)
    const found = (await grants.ofSubject(sub, now)).filter(({ grant }) => grant.client_id === client_id)
    const revoked = await grants.revokeAll(found)
    journal.record(request, [
      ...(consent
        ? [{ event: 'consent_revoked' as const, client_id, sub, ...namedTerms(approvedTerms(consent)) }]
        : []),
      ...revoked.map((one) => revokedEvent(one, 'by the person')),
    ])
    return reply.redirect(`${base}/`, 303)
  })

  async function show(exchange: Exchange, visitor: Visitor | undefined, notice?: Notice) {
    const data = {
      account: visitor && accountView(visitor.user),
      apps: visitor ? await appsOf(visitor, exchange, context) : [],
      login_href: `${base}/login`,
      logout_href: `${base}/logout`,
      remove_action: `${base}/apps/remove`,
      try_href: tryHref,
      notice,
    }
    return render(exchange.reply, 'home', data, { status: notice === undefined ? 200 : 403 })
  }
}

async function appsOf(visitor: Visitor, { request, reply }: Exchange, context: HomeContext) {
  const { clients, grants, consents, browser, now } = context
  const { account, user } = visitor
  const { sub } = account
  // Decisions too: an application whose access has ended still gets in again without a question.
  const found = await Promise.all([grants.ofSubject(sub, now()), consents.ofSubject(sub, now())])
  const granted = found[0].map(({ grant }) => grant).filter(({ auth_time }) => !isOlder(auth_time, user))
  const approved = found[1].filter(({ granted_at }) => !isOlder(granted_at, user))
  const own = [
    ...granted.map((grant) => ({
      client_id: grant.client_id,
      at: approvedAt(grant),
      ...termsOf(grant),
    })),
    ...approved.map((consent) => ({
      client_id: consent.client_id,
      at: consent.granted_at,
      ...approvedTerms(consent),
    })),
  ]
  const apps = [...Map.groupBy(own, ({ client_id }) => client_id)].map(async ([client_id, all]) => {
    const client = await clients.find(client_id)
    const counting = client ? all.filter(({ at }) => at >= approvalsEnd(client)) : []
    if (client === undefined || counting.length === 0) return []
    const scope = counting.map((one) => one.scope).reduce(scopeUnion)
    const resource = new Set(counting.flatMap((one) => one.resource?.map(resourceKey) ?? []))
    const csrf = browser.formToken(request, reply, { binding: removal(visitor, client_id), now: now() })
    // Without its logo: this page loads nothing from the applications that it lists.
    const { logo_uri: _, ...view } = clientView(client)
    const scopes = [
      ...resourceSentences([...resource], context.resources),
      ...scopeSentences(scope, context.scopes),
    ]
    return [{ client: view, scopes, client_id, csrf }]
  })
  return (await Promise.all(apps)).flat()
}

function removal({ account }: Visitor, client_id: string) {
  return { account: account.sid, form: `remove ${client_id}`, request: '' }
}
