import type { FastifyInstance } from 'fastify'
import type { TokenPipeline } from '../grant-types/pipeline.ts'
import { formOf } from '../http/form.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import { OAuthError } from '../protocol/errors.ts'

/** `POST /oauth/tokenize`: the token endpoint (RFC 6749 §3.2). */
export function registerTokenize(
  app: FastifyInstance,
  { pipeline, log, now }: { pipeline: TokenPipeline; log: Logger; now: () => number },
): void {
  app.post('/oauth/tokenize', async (request, reply) => {
    const { authorization } = request.headers
    const asked = { authorization, parameters: formOf(request), address: request.ip }
    const { result, events } = await pipeline(asked, now())
    logEvents(log, request.id, events)
    if (result instanceof OAuthError) throw result
    // RFC 6749 §5.1: no cache may keep a token.
    reply.header('cache-control', 'no-store')
    return result
  })
}
