import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import { formAsQuery, queryOf } from '../http/form.ts'
import type { FrontChannel } from './front-channel.ts'

/**
 * `GET /oauth/authorize`: the one dispatcher (RFC 6749 §3.1). `POST` is cross-site by nature: it reads no cookie
 * and changes nothing, it only turns into the GET with the same parameters.
 */
export function registerAuthorize(
  app: FastifyInstance,
  {
    desk,
    channel,
    base,
    now,
  }: { desk: AuthorizationDesk; channel: FrontChannel; base: string; now: () => number },
): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const resolved = await desk.resolve(queryOf(request), now())
    if (resolved.kind === 'page') throw resolved.error
    if (resolved.kind === 'redirect')
      return channel.refuse({ request, reply }, resolved.address, resolved.error)
    return channel.dispatch({ request, reply }, resolved.request)
  })

  app.post('/oauth/authorize', async (request, reply) => {
    return reply.redirect(`${base}/oauth/authorize${formAsQuery(request)}`, 303)
  })
}
