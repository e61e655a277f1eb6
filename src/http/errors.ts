import type { FastifyInstance, FastifyReply } from 'fastify'
import type { OAuthError } from '../protocol/errors.ts'
import { say } from '../texts/text.ts'
import type { RenderPage } from './pages.ts'
import type { Reports } from './reports.ts'

/** Sends an error as JSON (RFC 6749 §5.2), with the headers that its status asks for. */
export function sendJsonError(reply: FastifyReply, error: OAuthError): FastifyReply {
  reply.code(error.status).header('cache-control', 'no-store')
  if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
  // RFC 6749 §5.2: 401 names the scheme to use.
  if (error.error === 'invalid_client')
    reply.header('www-authenticate', 'Basic realm="postern", charset="UTF-8"')
  return reply
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: error.error, error_description: error.message }))
}

/** Errors of the endpoints that programs call: JSON. */
export function handleErrors(app: FastifyInstance, reports: Reports): void {
  app.setErrorHandler((thrown, request, reply) => sendJsonError(reply, reports.thrown(request, thrown)))
}

/** Errors of the pages: a page that says what to do. */
export function handlePageErrors(
  app: FastifyInstance,
  { reports, render }: { reports: Reports; render: RenderPage },
): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = reports.thrown(request, thrown)
    if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
    const again = error.status >= 500
    return render(
      reply,
      'error',
      {
        heading: say(again ? 'error.ours' : 'error.theirs'),
        message: say(again ? 'error.ours_message' : 'error.theirs_message'),
        ...(!again && { problem: error.message }),
        error: error.error,
        request_id: request.id,
      },
      { status: error.status },
    )
  })
}
