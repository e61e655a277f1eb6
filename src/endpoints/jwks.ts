import type { FastifyInstance } from 'fastify'
import type { SigningKeys } from '../signing/signing-keys.ts'

/** `GET /oauth/jwks`: the public keys. Cacheable for less time than a new key waits before it signs. */
export function registerJwks(app: FastifyInstance, { signing }: { signing: SigningKeys }): void {
  app.get('/oauth/jwks', { exposeHeadRoute: true }, async (_request, reply) =>
    reply
      .type('application/jwk-set+json; charset=utf-8')
      .header('cache-control', 'public, max-age=300')
      .send(JSON.stringify(await signing.jwks())),
  )
}
