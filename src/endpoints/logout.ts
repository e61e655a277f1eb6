import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import type { Browser } from '../http/browser.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { accountView } from './front-channel.ts'

/** `GET /logout` asks, `POST /logout` does it. Without a login it says that nobody is logged in. */
export function registerLogout(
  app: FastifyInstance,
  context: {
    desk: AuthorizationDesk
    sessions: Sessions
    browser: Browser
    render: RenderPage
    log: Logger
    base: string
    now: () => number
  },
): void {
  const { desk, sessions, browser, render, log, base } = context

  app.get('/logout', async (request, reply) => {
    const now = context.now()
    const visitor = await desk.visitor(browser.session(request), now)
    const binding = logoutBinding(visitor?.account.sid)
    return render(reply, 'logout', {
      action: `${base}/logout`,
      csrf: browser.formToken(request, reply, { binding, now }),
      account: visitor && accountView(visitor.user),
    })
  })

  app.post('/logout', async (request, reply) => {
    const now = context.now()
    const visitor = await desk.visitor(browser.session(request), now)
    if (visitor && browser.ownForm(request, { binding: logoutBinding(visitor.account.sid), now })) {
      await sessions.end(visitor.current.id)
      browser.clearSession(reply)
      logEvents(log, request.id, [{ event: 'logout', sub: visitor.account.sub }])
    }
    // A form that no longer fits asks again, on the page itself.
    return reply.redirect(`${base}/logout`, 303)
  })
}

function logoutBinding(sid: string | undefined) {
  return { account: sid ?? '', form: 'logout', request: '' }
}
