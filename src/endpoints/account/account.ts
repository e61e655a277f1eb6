import type { FastifyInstance, FastifyReply } from 'fastify'
import { admits } from '../../grants/admission.ts'
import { formOf } from '../../http/form.ts'
import type { RenderPage } from '../../http/pages.ts'
import type { Notice } from '../../http/views/view.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Visitor } from '../../logins/visitors.ts'
import type { SessionEnd } from '../../logout/session-end.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import type { Activity } from '../../users/activity.ts'
import type { PeopleContext } from '../../users/person-changes.ts'
import { readPerson } from '../../users/person-changes.ts'
import type { Exchange } from '../asker.ts'
import { type FormContext, formRefused } from '../form-refused.ts'
import { accountView, clientView } from '../shown.ts'
import { type VisitorContext, visitorAt } from '../visitor.ts'
import { type AppsContext, appsOf, appView, takeBack } from './apps.ts'
import { factsOf, zoneOf } from './facts.ts'
import { happenedRows } from './happened.ts'
import { loginsOf } from './logins.ts'

/** Where people see and change what is kept of them. */
export const ACCOUNT = '/account'

export interface AccountContext extends VisitorContext, FormContext, AppsContext {
  journal: Journal
  sessions: Sessions
  sessionEnd: SessionEnd
  render: RenderPage
  base: string
  issuer: string
  /** What people of the store are changed with; absent if there are none. */
  people: PeopleContext | undefined
  activity: Pick<Activity, 'of' | 'forget'>
  /** The clients of the file that have a page of their own. */
  own_apps: readonly string[]
  /** Whether people may delete themselves. */
  canDelete: boolean
  /** The walk-through's URL, in the demo. */
  tryHref: string | undefined
}

type Act = (visitor: Visitor, exchange: Exchange, now: number) => Promise<void>

/**
 * `GET /account`: who somebody is here, where they are logged in, which applications have access; and the forms that end some of it.
 * What takes a proof of who is here has a page of its own (`elevation`).
 */
export function registerAccount(app: FastifyInstance, context: AccountContext): void {
  const { browser, journal, sessions, sessionEnd, base } = context

  app.get(ACCOUNT, { exposeHeadRoute: true }, async (request, reply) => {
    const visitor = await visitorAt({ request, reply }, context)
    if (visitor === undefined) return reply.redirect(`${base}/login`, 303)
    return show({ request, reply }, visitor)
  })

  /** A form of the page: it is ours, it names what it is about, and afterwards the page is there again. */
  const form = (path: string, named: string | undefined, act: Act) =>
    app.post(`${ACCOUNT}${path}`, async (request, reply) => {
      const now = context.now()
      const visitor = await visitorAt({ request, reply }, context)
      if (visitor === undefined) return reply.redirect(`${base}/login`, 303)
      const about = named === undefined ? '' : (formOf(request).one(named) ?? '')
      if (!browser.ownForm(request, { binding: bindingOf(visitor, path, about), now }))
        return show({ request, reply }, visitor, formRefused(context, request))
      await act(visitor, { request, reply }, now)
      return reply.redirect(`${base}${ACCOUNT}`, 303)
    })

  form('/apps/remove', 'client_id', async ({ account }, { request }, now) => {
    const client_id = formOf(request).one('client_id') ?? ''
    journal.record(request, await takeBack(account.sub, [client_id], { ...context, now }))
  })

  form('/agents/remove', undefined, async (visitor, { request }, now) => {
    const agents = (await appsOf(visitor, now, context)).filter(({ client }) => client.introduced)
    const ids = agents.map(({ client }) => client.client_id)
    journal.record(request, await takeBack(visitor.account.sub, ids, { ...context, now }))
  })

  form('/logins/end', 'sid', async ({ account, current }, { request }, now) => {
    const sid = formOf(request).one('sid')
    const found = (await sessions.ofSubject(account.sub, now)).find(
      ({ id, session }) => id !== current.id && session.accounts[0]?.sid === sid,
    )
    if (found !== undefined) journal.record(request, (await sessionEnd.endSurplus(found, now)).events)
  })

  form('/logins/end-others', undefined, async ({ account, current }, { request }, now) => {
    await endOthers(account.sub, { current: current.id, request, now }, context)
  })

  async function show(exchange: Exchange, visitor: Visitor, notice?: Notice): Promise<FastifyReply> {
    const { request, reply } = exchange
    const now = context.now()
    const [apps, logins, happened, links, own] = await Promise.all([
      appsOf(visitor, now, context),
      loginsOf(visitor, now, context),
      context.activity.of(visitor.user, now),
      linksOf(visitor, context),
      context.people && readPerson(context.people.store, visitor.user.sub),
    ])
    const csrf = (path: string, about = '') =>
      browser.formToken(request, reply, { binding: bindingOf(visitor, path, about), now })
    const rows = apps.map((one) => ({
      ...appView(one, context),
      csrf: csrf('/apps/remove', one.client.client_id),
      isAgent: one.client.introduced !== undefined,
    }))
    const data = {
      account: accountView(visitor.user),
      zone: zoneOf(visitor.user),
      facts: factsOf(visitor.user),
      isOwn: own !== undefined,
      apps: rows.filter(({ isAgent }) => !isAgent),
      agents: rows.filter(({ isAgent }) => isAgent),
      happened: await happenedRows(happened, context.clients),
      links,
      logins: logins.map((one) => ({ ...one, csrf: csrf('/logins/end', one.sid) })),
      actions: {
        here: `${base}${ACCOUNT}`,
        log_out: `${base}/logout`,
        password: `${base}${ACCOUNT}/password`,
        profile: `${base}${ACCOUNT}/profile`,
        data: `${base}${ACCOUNT}/data`,
        ...(own && context.canDelete && { delete: `${base}${ACCOUNT}/delete` }),
        end_others: csrf('/logins/end-others'),
        remove_agents: csrf('/agents/remove'),
      },
      try_href: context.tryHref,
      notice,
    }
    return context.render(reply, 'account', data, {
      status: notice === undefined ? 200 : 403,
      locale: visitor.user.claims.locale,
    })
  }
}

/** The applications of this server that a person may use, and that have a page to go to. */
async function linksOf({ user }: Visitor, { own_apps, clients }: AccountContext) {
  const found = await Promise.all(own_apps.map((client_id) => clients.find(client_id)))
  return found.flatMap((client) => {
    if (client?.client_uri === undefined || !admits(client, user)) return []
    const { name, tile } = clientView(client)
    return [{ name, tile, href: client.client_uri }]
  })
}

/** Ends every login of a person but this one. `now` in seconds. */
export async function endOthers(
  sub: string,
  { current, request, now }: { current: string; request: Exchange['request']; now: number },
  { sessions, sessionEnd, journal }: Pick<AccountContext, 'sessions' | 'sessionEnd' | 'journal'>,
): Promise<void> {
  for (const one of await sessions.ofSubject(sub, now))
    if (one.id !== current) journal.record(request, (await sessionEnd.endSurplus(one, now)).events)
}

/** What a form of the account is bound to beside the browser. */
export function bindingOf({ account }: Visitor, form: string, about = '') {
  return { account: account.sid, form: `account ${form}`, request: about }
}
