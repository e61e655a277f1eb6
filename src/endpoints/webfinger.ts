import type { FastifyInstance } from 'fastify'
import { queryOf } from '../http/form.ts'
import { OAuthError } from '../protocol/errors.ts'

/** Where RFC 7033 §4 has it: at the root of the host, whatever the issuer's path is. */
export const WEBFINGER = '/.well-known/webfinger'

/** OpenID Connect Discovery 1.0 §2: the only relation that is known here. */
const REL = 'http://openid.net/specs/connect/1.0/issuer'

/**
 * `GET /.well-known/webfinger` (RFC 7033): the issuer of an address in one of `domains`. It says the same whether or not
 * there is such a person: whoever asks must not learn who exists. 404 for any other resource.
 */
export function registerWebfinger(
  app: FastifyInstance,
  { issuer, domains }: { issuer: string; domains: readonly string[] },
): void {
  const known = new Set(domains.map((domain) => domain.toLowerCase()))
  app.get(WEBFINGER, { exposeHeadRoute: true }, async (request, reply) => {
    const parameters = queryOf(request)
    // §4.2: 400 for a query without a resource.
    const resource = parameters.required('resource')
    const [, domain = ''] = /^acct:[^@\s]+@([^@\s]+)$/i.exec(resource) ?? []
    if (!known.has(domain.toLowerCase()))
      throw new OAuthError('invalid_request', 'this server knows nothing about this resource', {
        status: 404,
      })
    const rels = parameters.many('rel')
    // §4.3: only the relations that were asked for.
    const links = rels.length === 0 || rels.includes(REL) ? [{ rel: REL, href: issuer }] : []
    return reply
      .type('application/jrd+json; charset=utf-8')
      .header('cache-control', 'public, max-age=300')
      .send(JSON.stringify({ subject: resource, links }))
  })
}
