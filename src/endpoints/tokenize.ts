import type { FastifyInstance } from 'fastify'
import type { TokenPipeline } from '../grant-types/pipeline.ts'
import { formOf } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import { OAuthError } from '../protocol/errors.ts'

const TOKEN_RESPONSE = {
  type: 'object',
  required: ['access_token', 'token_type', 'expires_in', 'scope'],
  properties: {
    access_token: { type: 'string' },
    token_type: { type: 'string' },
    expires_in: { type: 'integer' },
    refresh_token: { type: 'string' },
    refresh_token_expires_in: { type: 'integer' },
    refresh_token_timeout: { type: 'integer' },
    authorization_expires_in: { type: 'integer' },
    scope: { type: 'string' },
    id_token: { type: 'string' },
  },
} as const

/** `POST /oauth/tokenize`: the token endpoint (RFC 6749 §3.2). */
export function registerTokenize(
  app: FastifyInstance,
  { pipeline, journal, now }: { pipeline: TokenPipeline; journal: Journal; now: () => number },
): void {
  app.post('/oauth/tokenize', { schema: { response: { 200: TOKEN_RESPONSE } } }, async (request, reply) => {
    const { authorization } = request.headers
    const tokenRequest = { authorization, parameters: formOf(request), address: request.ip }
    const { result, events } = await pipeline(tokenRequest, now())
    journal.record(request, events)
    if (result instanceof OAuthError) throw result
    // RFC 6749 §5.1: no cache may keep a token.
    reply.header('cache-control', 'no-store')
    return result
  })
}
