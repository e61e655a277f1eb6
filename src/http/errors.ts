import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
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

/** Errors of the pages: a page that says what to do. `base`: the path of the issuer, whose `origin` the forms come from. */
export function handlePageErrors(
  app: FastifyInstance,
  { reports, render, base, origin }: { reports: Reports; render: RenderPage; base: string; origin: string },
): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = reports.thrown(request, thrown)
    if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
    const isOurs = error.status >= 500 || error.retryAfter !== undefined
    const place = isOurs ? placeOf(request, origin) : `${base}/`
    return render(
      reply,
      'error',
      {
        heading: say(isOurs ? 'error.ours' : 'error.theirs'),
        message: say(isOurs ? 'error.ours_message' : 'error.theirs_message'),
        ...(!isOurs && { problem: error.message }),
        error: error.error,
        request_id: request.id,
        ...(place !== undefined && {
          link: { href: place, text: say(isOurs ? 'error.again' : 'error.start_page') },
        }),
      },
      { status: error.status },
    )
  })
}

// Where the person is: the page, or for a form the page that had it, which only a page of ours can say.
function placeOf({ method, url, headers: { referer } }: FastifyRequest, origin: string): string | undefined {
  if (method === 'GET') return url
  return referer?.startsWith(`${origin}/`) ? referer : undefined
}
