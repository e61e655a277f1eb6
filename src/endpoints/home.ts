import type { FastifyInstance } from 'fastify'
import { plainLogin } from '../authorization/ask.ts'
import type { RenderPage } from '../http/pages.ts'
import { ACCOUNT } from './account/account.ts'
import type { Asker } from './asker.ts'
import { type VisitorContext, visitorAt } from './visitor.ts'

export interface HomeContext extends VisitorContext {
  render: RenderPage
  base: string
  /** The walk-through's URL, in the demo. */
  tryHref: string | undefined
}

/** The front page as one that asks: for nothing but a login, on a step's URL without a query. */
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

/** `GET /`: whose server this is, and a way to log in; the account for who is logged in. */
export function registerHome(app: FastifyInstance, context: HomeContext): void {
  const { render, base, tryHref } = context
  app.get('/', { exposeHeadRoute: true }, async (request, reply) => {
    if ((await visitorAt({ request, reply }, context)) !== undefined)
      return reply.redirect(`${base}${ACCOUNT}`, 303)
    return render(reply, 'home', { login_href: `${base}/login`, try_href: tryHref })
  })
}
