import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'

// Characters of a request that an answer repeats.
const MAX_REPEATED = 100

const PROXY_HEADERS: ReadonlySet<string> = new Set(['forwarded', 'via', 'x-real-ip', 'cf-connecting-ip'])

/**
 * The demo has a password that everybody knows. Inside a container it listens on every address, so it answers
 * only to a loopback name and to nothing that came through a proxy: 421, with what to set.
 */
export function guardDemo(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const problem = demoProblem(request, allowed)
    if (problem === undefined) return
    reply.code(421).type('text/plain; charset=utf-8').header('cache-control', 'no-store')
    return reply.send(
      `${problem}\n\nThis is the demo, whose user and password are public, so it answers on this machine only.\n` +
        'To serve others, give it a configuration: set CONFIG_FILE, SECRET_KEYS and ISSUER (README, "A first real client").\n' +
        'To try the demo under another name inside a private network, set DEMO_HOSTS to that name.\n',
    )
  })
}

function demoProblem(request: FastifyRequest, allowed: readonly string[]): string | undefined {
  const proxied = Object.keys(request.headers).find(
    (name) => PROXY_HEADERS.has(name) || name.startsWith('x-forwarded-'),
  )
  if (proxied !== undefined)
    return `The request has the header ${proxied.slice(0, MAX_REPEATED)}: it came through a proxy.`
  // What nginx speaks to a server behind it unless configured otherwise, and no browser or curl by itself.
  if (request.raw.httpVersion === '1.0') return 'The request is HTTP/1.0: it came through a proxy.'
  const hostname = hostnameOf(request.headers.host)
  if (isLoopbackHost(hostname) || allowed.includes(hostname)) return undefined
  return `The request is for the host ${JSON.stringify(hostname.slice(0, MAX_REPEATED))}.`
}

/** The name in a `Host` header, without its port. */
function hostnameOf(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d*$/, '')
}

const MARK = 'postern_at_issuer'

/**
 * Sends a browser that came by another name (127.0.0.1 for localhost, an alias) to the issuer's: cookies and
 * the origin check hold for one name. A proxy that rewrites `Host` would make this a loop, so a short-lived
 * mark lets the second try through.
 */
export function sendToIssuer(app: FastifyInstance, issuer: URL): void {
  app.addHook('onRequest', (request, reply, done) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD'
    if (!isPage || hostnameOf(request.host) === issuer.hostname) return done()
    if (request.headers.cookie?.includes(`${MARK}=1`)) return done()
    reply.header('set-cookie', `${MARK}=1; Path=/; Max-Age=10; HttpOnly; SameSite=Lax`)
    reply.redirect(issuer.origin + request.url, 303)
  })
}
