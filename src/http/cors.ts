import type { FastifyInstance } from 'fastify'

/**
 * Lets scripts of other origins call the endpoints of this scope: the ones that browser apps need and that no
 * cookie ever opens. Without credentials, so `*` gives nobody anything that curl has not.
 */
export function allowCrossOrigin(app: FastifyInstance, urls: readonly string[], methods: string): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('access-control-allow-origin', '*')
    done()
  })
  for (const url of urls) {
    app.options(url, async (_request, reply) =>
      reply
        .code(204)
        .header('access-control-allow-methods', methods)
        .header('access-control-allow-headers', 'authorization, content-type, mcp-protocol-version')
        .header('access-control-max-age', '86400')
        .send(),
    )
  }
}
