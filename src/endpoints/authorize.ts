import type { FastifyInstance } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import { formOf, queryOf, rawQuery } from '../http/form.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { FrontChannel } from './front-channel.ts'

// Characters: what a GET can carry through every proxy in between.
const MAX_QUERY = 8192

/**
 * `GET /oauth/authorize`: the one dispatcher (RFC 6749 §3.1). `POST` is cross-site by nature: it reads no cookie
 * and changes nothing, it only turns into the GET with the same parameters.
 */
export function registerAuthorize(
  app: FastifyInstance,
  { desk, channel, base }: { desk: AuthorizationDesk; channel: FrontChannel; base: string },
): void {
  app.get('/oauth/authorize', async (request, reply) => {
    const resolved = await desk.resolve(queryOf(request))
    if (resolved.kind === 'page') throw resolved.error
    if (resolved.kind === 'redirect')
      return channel.refuse({ request, reply }, resolved.address, resolved.error)
    return channel.dispatch({ request, reply }, resolved.request)
  })

  app.post('/oauth/authorize', async (request, reply) => {
    const form = new URLSearchParams(
      formOf(request)
        .sorted()
        .map(([name, value]) => [name, value]),
    ).toString()
    const query = form === '' ? rawQuery(request) : `?${form}`
    if (query.length > MAX_QUERY) throw new OAuthError('invalid_request', 'the request is larger than 8 KB')
    return reply.redirect(`${base}/oauth/authorize${query}`, 303)
  })
}
