import type { FastifyInstance, FastifyReply } from 'fastify'
import { say } from '../texts/text.ts'
import type { RenderPage } from './pages.ts'

/** Remembers in `routes` which methods each address has. To be called before the first route is registered. */
export function rememberRoutes(app: FastifyInstance, routes: Map<string, string[]>): void {
  app.addHook('onRoute', ({ method, url }) => {
    routes.set(url, [...(routes.get(url) ?? []), ...[method].flat()])
  })
}

/**
 * What no route serves: 405 with `Allow` if the address has another method (RFC 9110 §15.5.6), else 404. The address
 * is looked up, never handed to the router, to which a `:` or `(` in it would be a pattern.
 */
export function handleUnknownRoutes(
  app: FastifyInstance,
  { routes, render, base }: { routes: ReadonlyMap<string, string[]>; render: RenderPage; base: string },
): void {
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.get(request.url.split('?')[0] as string) ?? []
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    if (allowed.length > 0) {
      const methods = allowed.join(', ')
      return text(reply.code(405).header('allow', methods), `This address takes ${methods}.\n`)
    }
    if (request.headers.accept?.includes('text/html')) {
      const page = {
        heading: say('error.nothing'),
        message: say('error.nothing_message'),
        request_id: request.id,
        link: { href: `${base}/`, text: say('error.start_page') },
      }
      return render(reply, 'error', page, { status: 404 })
    }
    const metadata = `${base}/.well-known/openid-configuration`
    return text(reply.code(404), `There is nothing at this address. What there is: ${metadata}\n`)
  })
}

function text(reply: FastifyReply, body: string): FastifyReply {
  return reply.type('text/plain; charset=utf-8').send(body)
}
