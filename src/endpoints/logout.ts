import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { refusePrefetch } from '../http/fetch-metadata.ts'
import { formOf, isTooLong, queryOf, rawQuery, wholeQueryOf } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Notice } from '../http/views/view.ts'
import type { DeadLogin, Visitor } from '../logins/visitors.ts'
import type { LogoutHints } from '../logout/logout-hint.ts'
import {
  asLogoutQuery,
  frontChannelUrls,
  type LogoutRequest,
  readLogoutRequest,
} from '../logout/logout-request.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { say } from '../texts/text.ts'
import type { Exchange } from './asker.ts'
import { type FormContext, formRefused } from './form-refused.ts'
import { accountView } from './shown.ts'
import type { VisitorContext } from './visitor.ts'

export interface LogoutContext extends VisitorContext, FormContext {
  clients: Clients
  hints: LogoutHints
  subjects: Subjects
  render: RenderPage
  issuer: string
  base: string
}

/** Nothing but that somebody wants to log out. */
const BARE: LogoutRequest = {
  client: undefined,
  location: undefined,
  sid: undefined,
  refused: [],
  stays: false,
}

/**
 * `GET` and `POST /oauth/logout` (OpenID Connect RP-Initiated Logout 1.0): what a client sends the browser to. It asks
 * the person, unless the hint proves the login. `GET /logout` asks, for the person's own sake; `POST /logout` does it.
 * A login that is dead here is over at each of them: nobody is logged in who could be asked.
 */
export function registerLogout(app: FastifyInstance, context: LogoutContext): void {
  const { browser, visitors } = context

  app.get('/oauth/logout', async (request, reply) => {
    refusePrefetch(request)
    // Too long is a client's mistake: what cannot be carried is dropped, and the log-out goes on.
    if (isTooLong(request)) return shortened(reply, wholeQueryOf(request), context)
    return answer({ request, reply }, await readAsked(request, context), context)
  })

  // Cross-site by nature, so without cookies: it only turns into the GET.
  app.post('/oauth/logout', async (request, reply) => {
    const form = formOf(request)
    return shortened(reply, form.sorted().length > 0 ? form : wholeQueryOf(request), context)
  })

  app.get('/logout', { exposeHeadRoute: true }, async (request, reply) => {
    return answer({ request, reply }, BARE, context)
  })

  app.post('/logout', async (request, reply) => {
    const exchange = { request, reply }
    const asked = await readAsked(request, context)
    const now = context.now()
    const { visitor } = await visitors.arrival(browser.session(request), now)
    // Nobody is logged in any more: as if the client had just sent the browser here.
    if (visitor === undefined) return answer(exchange, asked, context)
    if (browser.ownForm(request, { binding: logoutBinding(visitor.account.sid), now }))
      return end(exchange, { asked, login: visitor }, context)
    return ask(exchange, { asked, visitor, notice: formRefused(context, request) }, context)
  })
}

/** The same request as a GET whose URL is short enough for everybody on the way. */
async function shortened(
  reply: FastifyReply,
  parameters: Parameters,
  { base, hints, now }: LogoutContext,
): Promise<FastifyReply> {
  const query = await asLogoutQuery(parameters, { hints, now: now() })
  return reply.redirect(`${base}/oauth/logout${query && `?${query}`}`, 303)
}

async function readAsked(request: FastifyRequest, { clients, hints, reports, now }: LogoutContext) {
  const asked = await readLogoutRequest(queryOf(request), { clients, hints, now: now() })
  const client_id = asked.client?.client_id
  for (const { parameter, reason } of asked.refused)
    reports.refused(request, new OAuthError('invalid_request', `${parameter}: ${reason}`, { client_id }))
  return asked
}

async function answer(
  exchange: Exchange,
  asked: LogoutRequest,
  context: LogoutContext,
): Promise<FastifyReply> {
  const { visitors, browser, now } = context
  const { visitor, dead } = await visitors.arrival(browser.session(exchange.request), now())
  if (dead !== undefined) return end(exchange, { asked, login: dead }, context)
  if (visitor === undefined) return loggedOut(exchange, { asked, frames: [] }, context)
  if (proves(asked, visitor, context)) return end(exchange, { asked, login: visitor }, context)
  return ask(exchange, { asked, visitor }, context)
}

/** Whether the client's hint is of the very login that is here. */
function proves({ client, sid }: LogoutRequest, { account }: Visitor, { subjects }: LogoutContext): boolean {
  return client !== undefined && sid === subjects.sid(client, account.sid)
}

async function ask(
  { request, reply }: Exchange,
  { asked, visitor, notice }: { asked: LogoutRequest; visitor: Visitor; notice?: Notice },
  { base, browser, render, now }: LogoutContext,
): Promise<FastifyReply> {
  const binding = logoutBinding(visitor.account.sid)
  const data = {
    action: `${base}/logout${rawQuery(request)}`,
    csrf: browser.formToken(request, reply, { binding, now: now() }),
    account: accountView(visitor.user),
    notice: notice ?? (asked.stays ? WILL_STAY : undefined),
    ...refusalView(request, asked),
  }
  return render(reply, 'logout', data, { status: notice === undefined ? 200 : 403 })
}

async function end(
  exchange: Exchange,
  { asked, login }: { asked: LogoutRequest; login: Visitor | DeadLogin },
  context: LogoutContext,
): Promise<FastifyReply> {
  const { visitors, subjects, browser, issuer, base, now } = context
  const { request, reply } = exchange
  const { logins } = await visitors.end(request, login, now())
  browser.clearSession(reply)
  const frames = frontChannelUrls(logins, {
    issuer,
    sidOf: ({ client, sid }) => subjects.sid(client, sid),
  })
  const nothingToSay = frames.length === 0 && asked.location === undefined && asked.refused.length === 0
  return nothingToSay
    ? reply.redirect(`${base}/logout`, 303)
    : loggedOut(exchange, { asked, frames }, context)
}

async function loggedOut(
  { request, reply }: Exchange,
  { asked, frames }: { asked: LogoutRequest; frames: readonly string[] },
  { render }: LogoutContext,
): Promise<FastifyReply> {
  const { location, stays } = asked
  if (location !== undefined && frames.length === 0) return reply.redirect(location, 303)
  // Time for the frames, then onwards; the link is for whoever does not want to wait.
  if (location !== undefined) reply.header('refresh', `3;url=${location}`)
  const notice = stays ? STAYS : undefined
  const data = {
    action: '',
    csrf: '',
    frames,
    continue_href: location,
    notice,
    ...refusalView(request, asked),
  }
  return render(reply, 'logout', data, { frames })
}

const WILL_STAY: Notice = {
  tone: 'info',
  text: say('logout.will_stay'),
}

const STAYS: Notice = {
  tone: 'info',
  text: say('logged_out.stays'),
}

// For whoever helps the person: what to look for in the application, and in the log.
function refusalView({ id }: FastifyRequest, { refused }: LogoutRequest) {
  if (refused.length === 0) return {}
  return { refused: [...new Set(refused.map(({ parameter }) => parameter))], request_id: id }
}

function logoutBinding(sid: string) {
  return { account: sid, form: 'logout', request: '' }
}
