import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import type { AuthorizationRequest } from '../authorization/request.ts'
import type { Browser } from '../http/browser.ts'
import { formOf, rawQuery } from '../http/form.ts'
import type { Reports } from '../http/reports.ts'
import type { Notice } from '../http/views.ts'
import type { Journal } from '../journal/journal.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import type { Account } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { LoginGuard } from '../users/login-guard.ts'
import { isOlder } from '../users/since.ts'
import { deviceMark, type User } from '../users/user.ts'
import { askedOf } from './asked.ts'
import { type Exchange, type FrontChannel, formRefused, loginBinding } from './front-channel.ts'

export interface LoginContext {
  desk: AuthorizationDesk
  channel: FrontChannel
  guard: LoginGuard
  sessions: Sessions
  sessionEnd: SessionEnd
  browser: Browser
  journal: Journal
  reports: Reports
  base: string
  now: () => number
}

// One sentence for a wrong user and a wrong password: which of them it was is nobody's business.
const WRONG: Notice = { tone: 'error', text: 'The user name or password is wrong.' }

// Nobody asked: the login is for the signed-in page.
const NOTHING: { asked?: undefined; answered?: undefined } = {}

/** `GET` and `POST /login`: who is it? With a query, for an authorization request; without, for the signed-in page. */
export function registerLogin(app: FastifyInstance, context: LoginContext): void {
  const { channel, browser, guard, journal, base } = context

  const asking = async (exchange: Exchange) =>
    rawQuery(exchange.request).length > 1 ? askedOf(exchange, context) : NOTHING

  app.get('/login', { exposeHeadRoute: true }, async (request, reply) => {
    const { asked, answered } = await asking({ request, reply })
    return answered ?? channel.loginPage({ request, reply }, { asked })
  })

  app.post('/login', async (request, reply) => {
    const { asked, answered } = await asking({ request, reply })
    if (answered) return answered
    const binding = loginBinding(asked)
    const form = formOf(request)
    const username = form.one('username') ?? ''
    if (!browser.ownForm(request, { binding, now: context.now() })) {
      const notice = formRefused(context, request)
      return channel.loginPage({ request, reply }, { asked, notice, username, status: 403 })
    }
    const guess = { username, address: request.ip, device: browser.device(request) }
    const guessed = await guard.guess(guess, form.one('password') ?? '', context.now())
    const { sub } = guessed.result === 'right' ? guessed.user : guessed
    const about = { client_id: asked?.target.client.client_id, sub }
    if (guessed.result === 'wait') {
      const { seconds } = guessed
      journal.record(request, [{ event: 'login_throttled', ...about, seconds }])
      reply.header('retry-after', seconds)
      return channel.loginPage(
        { request, reply },
        { asked, notice: waitNotice(seconds), username, status: 429 },
      )
    }
    if (guessed.result === 'wrong') {
      journal.record(request, [{ event: 'login_failed', ...about }])
      return channel.loginPage({ request, reply }, { asked, notice: WRONG, username, status: 422 })
    }
    await begin({ request, reply }, { user: guessed.user, asked }, context)
    return asked ? channel.again({ request, reply }) : reply.redirect(`${base}/`, 303)
  })
}

async function begin(
  { request, reply }: Exchange,
  { user, asked }: { user: User; asked: AuthorizationRequest | undefined },
  { browser, sessions, sessionEnd, journal, now }: LoginContext,
): Promise<void> {
  const at = now()
  let previous = await sessions.find(browser.session(request), at)
  const isOwn = ({ sub, auth_time }: Account) => sub === user.sub && !isOlder(auth_time, user)
  if (previous !== undefined && !previous.session.accounts.some(isOwn)) {
    // Somebody else's, of the same name perhaps: first their logout, which can be tried again as long as their session is there.
    journal.record(request, (await sessionEnd.end(previous, at)).events)
    previous = undefined
  }
  const proof = asked && { request_digest: asked.digest, step: 'login' as const, at }
  const { cookie, surplus } = await sessions.begin(
    {
      sub: user.sub,
      amr: ['pwd'],
      credential: user.credential,
      browser: browser.bind(request, reply),
      proof,
      previous,
    },
    at,
  )
  for (const one of surplus) journal.record(request, (await sessionEnd.endSurplus(one, at)).events)
  browser.setSession(reply, cookie)
  browser.rememberDevice(request, reply, deviceMark(user))
  const client_id = asked?.target.client.client_id
  journal.record(request, [{ event: 'login', sub: user.sub, ...(client_id && { client_id }) }])
}

function waitNotice(seconds: number): Notice {
  const minutes = Math.ceil(seconds / 60)
  const time =
    seconds < 60
      ? `${seconds} second${seconds === 1 ? '' : 's'}`
      : `${minutes} minute${minutes === 1 ? '' : 's'}`
  return { tone: 'error', text: `There were too many tries. Please try again in ${time}.` }
}
