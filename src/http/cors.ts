import type { FastifyInstance } from 'fastify'

/**
 * Lets scripts of other origins call the endpoints of this scope: the ones that browser apps need and that no
 * cookie ever opens. Without credentials, so `*` gives nobody anything that curl has not. `routes` says which methods
 * each address has, to a preflight as to everybody.
 */
export function allowCrossOrigin(
  app: FastifyInstance,
  urls: readonly string[],
  routes: ReadonlyMap<string, readonly string[]>,
): void {
  app.addHook('onRequest', (_request, reply, done) => {
    // What an answer refuses with stands in headers (RFC 6750 §3), which a script sees only if they are named.
    reply
      .header('access-control-allow-origin', '*')
      .header('access-control-expose-headers', 'www-authenticate, retry-after')
    done()
  })
  for (const url of urls) {
    app.options(url, async ({ routeOptions, headers }, reply) => {
      const methods = routes.get(routeOptions.url ?? '') ?? []
      return reply
        .code(204)
        .header('allow', methods.join(', '))
        .header('access-control-allow-methods', methods.filter((one) => one !== 'OPTIONS').join(', '))
        .header('access-control-allow-headers', allowedHeaders(headers['access-control-request-headers']))
        .header('vary', 'access-control-request-headers')
        .header('access-control-max-age', '86400')
        .send()
    })
  }
}

const USUAL = ['authorization', 'content-type', 'mcp-protocol-version']
// Characters of a preflight that an answer repeats.
const MAX_ASKED = 1000

/**
 * What scripts may send: the usual, and whatever else this one asks for. Libraries add headers of their own (a version, a
 * trace), none of which is read here. `*` would not stand for `authorization` (Fetch standard, CORS protocol).
 */
function allowedHeaders(asked = ''): string {
  const names = asked.length > MAX_ASKED ? [] : asked.toLowerCase().split(',')
  const tokens = names.map((name) => name.trim()).filter((name) => /^[\w!#$%&'+.^`|~-]+$/.test(name))
  return [...new Set([...USUAL, ...tokens])].join(', ')
}
