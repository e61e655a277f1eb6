import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import type { AuthorizationRequest } from '../authorization/request.ts'
import type { Browser } from '../http/browser.ts'
import { formOf, rawQuery } from '../http/form.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import type { Notice } from '../http/views.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { User, Users } from '../users/user.ts'
import { askedOf } from './asked.ts'
import { type Exchange, type FrontChannel, loginBinding, STALE } from './front-channel.ts'

export interface LoginContext {
  desk: AuthorizationDesk
  channel: FrontChannel
  users: Users
  sessions: Sessions
  sessionEnd: SessionEnd
  throttle: Throttle
  browser: Browser
  log: Logger
  base: string
  now: () => number
}

// One sentence for a wrong user and a wrong password: which of them it was is nobody's business.
const WRONG: Notice = { tone: 'error', text: 'The user name or the password is not right.' }

// Nobody asked: the login is for the signed-in page.
const NOTHING: { asked?: undefined; answered?: undefined } = {}

/** `GET` and `POST /login`: who is it? With a query, for an authorization request; without, for the signed-in page. */
export function registerLogin(app: FastifyInstance, context: LoginContext): void {
  const { channel, browser, base } = context

  const asking = async (exchange: Exchange) =>
    rawQuery(exchange.request).length > 1 ? askedOf(exchange, context) : NOTHING

  app.get('/login', async (request, reply) => {
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
      return channel.loginPage({ request, reply }, { asked, notice: STALE, username, status: 403 })
    }
    const result = await authenticate(request, { username, password: form.one('password') ?? '' }, context)
    if (typeof result === 'number') {
      reply.header('retry-after', result)
      return channel.loginPage(
        { request, reply },
        { asked, notice: waitNotice(result), username, status: 429 },
      )
    }
    if (result === undefined) {
      return channel.loginPage({ request, reply }, { asked, notice: WRONG, username, status: 422 })
    }
    await begin({ request, reply }, { user: result, asked }, context)
    return asked ? channel.again({ request, reply }) : reply.redirect(`${base}/`, 303)
  })
}

/** The person, or undefined for a wrong guess, or the seconds to wait. */
async function authenticate(
  request: FastifyRequest,
  { username, password }: { username: string; password: string },
  { throttle, users, browser, log, now }: LoginContext,
): Promise<User | number | undefined> {
  const attempt = { username, address: request.ip, device: browser.knownDevice(request, username) }
  const wait = await throttle.wait(attempt, now())
  const user = wait > 0 ? undefined : await users.authenticate(username, password)
  if (wait === 0 && user === undefined) {
    await throttle.fail(attempt, now())
    logEvents(log, request.id, [{ event: 'login_failed' }])
    return undefined
  }
  // Asked again after a success: guesses that ran beside this one may have used the tries up meanwhile, and a
  // burst must not get more of them than a row.
  const waitNow = wait > 0 ? wait : await throttle.wait(attempt, now())
  if (waitNow === 0) return user
  logEvents(log, request.id, [{ event: 'login_throttled' }])
  return waitNow
}

async function begin(
  { request, reply }: Exchange,
  { user, asked }: { user: User; asked: AuthorizationRequest | undefined },
  { browser, sessions, sessionEnd, log, now }: LoginContext,
): Promise<void> {
  const at = now()
  const previous = await sessions.find(browser.session(request), at)
  const proof = asked && { request_digest: asked.digest, step: 'login' as const, at }
  const { cookie, replaced } = await sessions.begin(
    { sub: user.sub, amr: ['pwd'], credential: user.credential, proof, previous },
    at,
  )
  if (replaced !== undefined) logEvents(log, request.id, (await sessionEnd.ended(replaced, at)).events)
  browser.setSession(reply, cookie)
  browser.rememberDevice(request, reply, user.username)
  const client_id = asked?.target.client.client_id
  logEvents(log, request.id, [{ event: 'login', sub: user.sub, ...(client_id && { client_id }) }])
}

function waitNotice(seconds: number): Notice {
  const minutes = Math.ceil(seconds / 60)
  const time =
    seconds < 60
      ? `${seconds} second${seconds === 1 ? '' : 's'}`
      : `${minutes} minute${minutes === 1 ? '' : 's'}`
  return { tone: 'error', text: `There were too many tries. Please try again in ${time}.` }
}
