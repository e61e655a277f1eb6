import type { FastifyInstance } from 'fastify'

/** Where password managers look (W3C, A Well-Known URL for Changing Passwords): at the root of the host, whatever the issuer's path is. */
export const CHANGE_PASSWORD = '/.well-known/change-password'

/** Sends whoever wants another password to where that is chosen, or to where it is said who keeps it. */
export function registerChangePassword(
  app: FastifyInstance,
  { issuer, people }: { issuer: string; people: { readonly changes: unknown } },
): void {
  const page = people.changes === undefined ? '/account' : '/account/password'
  app.get(CHANGE_PASSWORD, { exposeHeadRoute: true }, async (_request, reply) =>
    reply.redirect(issuer + page, 302),
  )
}
