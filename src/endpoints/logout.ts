import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AuthorizationDesk, Visitor } from '../authorization/desk.ts'
import type { Clients } from '../clients/client.ts'
import type { Browser } from '../http/browser.ts'
import { formAsQuery, queryOf, rawQuery } from '../http/form.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Notice } from '../http/views.ts'
import { frontChannelUrls, type LogoutRequest, readLogoutRequest } from '../logout/logout-request.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Subjects } from '../tokens/subjects.ts'
import { accountView, type Exchange, formRefused } from './front-channel.ts'

export interface LogoutContext {
  desk: AuthorizationDesk
  clients: Clients
  signing: SigningKeys
  subjects: Subjects
  sessionEnd: SessionEnd
  browser: Browser
  render: RenderPage
  log: Logger
  issuer: string
  base: string
  now: () => number
}

/**
 * `GET` and `POST /oauth/logout` (OpenID Connect RP-Initiated Logout 1.0): what a client sends the browser to. It asks
 * the person, unless the hint proves the login. `GET /logout` asks, for the person's own sake; `POST /logout` does it.
 */
export function registerLogout(app: FastifyInstance, context: LogoutContext): void {
  const { base, browser, render } = context

  app.get('/oauth/logout', async (request, reply) => {
    const asked = await readLogoutRequest(queryOf(request), context)
    return answer({ request, reply }, asked, context)
  })

  // Cross-site by nature, so without cookies: it only turns into the GET.
  app.post('/oauth/logout', async (request, reply) => {
    return reply.redirect(`${base}/oauth/logout${formAsQuery(request)}`, 303)
  })

  app.get('/logout', { exposeHeadRoute: true }, async (request, reply) => {
    const { visitor } = await context.desk.arrival(browser.session(request), context.now())
    return ask({ request, reply }, visitor)
  })

  app.post('/logout', async (request, reply) => {
    const asked = await readLogoutRequest(queryOf(request), context)
    const now = context.now()
    const { visitor } = await context.desk.arrival(browser.session(request), now)
    const own = visitor && browser.ownForm(request, { binding: logoutBinding(visitor.account.sid), now })
    if (own) return end({ request, reply }, { asked, visitor }, context)
    // Nobody is logged in any more: as if the client had just sent the browser here.
    if (visitor === undefined) return answer({ request, reply }, asked, context)
    return ask({ request, reply }, visitor, formRefused(context, request))
  })

  async function ask(
    { request, reply }: Exchange,
    visitor: Visitor | undefined,
    notice?: Notice,
  ): Promise<FastifyReply> {
    const binding = logoutBinding(visitor?.account.sid)
    const data = {
      action: `${base}/logout${rawQuery(request)}`,
      csrf: browser.formToken(request, reply, { binding, now: context.now() }),
      account: visitor && accountView(visitor.user),
      notice,
    }
    return render(reply, 'logout', data, { status: notice === undefined ? 200 : 403 })
  }

  async function answer(
    exchange: Exchange,
    asked: LogoutRequest,
    parts: LogoutContext,
  ): Promise<FastifyReply> {
    const { visitor } = await parts.desk.arrival(browser.session(exchange.request), parts.now())
    if (visitor === undefined && asked.location !== undefined)
      return exchange.reply.redirect(asked.location, 303)
    if (visitor !== undefined && proves(asked, visitor, parts))
      return end(exchange, { asked, visitor }, parts)
    return ask(exchange, visitor)
  }
}

/** Whether the client's hint is of the very login that is here. */
function proves({ client, sid }: LogoutRequest, { account }: Visitor, { subjects }: LogoutContext): boolean {
  return client !== undefined && sid === subjects.sid(client, account.sid)
}

async function end(
  { request, reply }: Exchange,
  { asked, visitor }: { asked: LogoutRequest; visitor: Visitor },
  { sessionEnd, subjects, browser, render, log, issuer, base, now }: LogoutContext,
): Promise<FastifyReply> {
  const { logins, events } = await sessionEnd.end(visitor.current, now())
  browser.clearSession(reply)
  logEvents(log, request.id, events)
  const frames = frontChannelUrls(logins, {
    issuer,
    sidOf: ({ client, sid }) => subjects.sid(client, sid),
  })
  if (frames.length === 0) return reply.redirect(asked.location ?? `${base}/logout`, 303)
  // Time for the frames, then onwards; the link is for whoever does not want to wait.
  if (asked.location !== undefined) reply.header('refresh', `3;url=${asked.location}`)
  const data = { action: '', csrf: '', frames, continue_href: asked.location }
  return render(reply, 'logout', data, { frames })
}

function logoutBinding(sid: string | undefined) {
  return { account: sid ?? '', form: 'logout', request: '' }
}
