import type { FastifyInstance, FastifyReply } from 'fastify'
import { OAuthError, TemporarilyUnavailable } from '../protocol/errors.ts'
import { type Logger, logEvents } from './logger.ts'
import type { RenderPage } from './pages.ts'

interface FastifyLike {
  code?: string
  statusCode?: number
}

/**
 * What any thrown value is on the wire. Only an `OAuthError` speaks for itself; a fault of ours is logged with
 * its stack and sent as `server_error`, without a word of what it was.
 */
export function toOAuthError(error: unknown, log: Logger, request_id: string): OAuthError {
  if (error instanceof OAuthError) {
    logRefusal(log, request_id, error)
    return error
  }
  if (error instanceof TemporarilyUnavailable) {
    const { client_id, message: detail, description, report, retry_after: retryAfter } = error
    log[report.level]({ req: request_id, client_id, detail }, report.msg)
    return new OAuthError('temporarily_unavailable', description, { retryAfter })
  }
  const refused = fromFastify(error as FastifyLike)
  if (refused === undefined) return unexpected(error, log, request_id)
  logRefusal(log, request_id, refused)
  return refused
}

// Characters: longer messages contain user input.
const REASON = 300

/**
 * Writes why a request was refused, once for each: a developer's mistake is found in the log, by the id that the page
 * or the client's own log has. `detail` is preferred, because the message may contain user input.
 */
export function logRefusal(log: Logger, req: string, refused: OAuthError): void {
  const { error, client_id, detail, message } = refused
  const reason = (detail ?? message).slice(0, REASON)
  if (error === 'invalid_client') {
    logEvents(log, req, [{ event: 'client_authentication_failed', client_id, reason }])
  } else log.info({ req, error, client_id, reason }, 'request refused')
}

function fromFastify({ code, statusCode }: FastifyLike): OAuthError | undefined {
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new OAuthError('invalid_request', 'send the body as application/x-www-form-urlencoded', {
      status: 415,
    })
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new OAuthError('invalid_request', 'the body is larger than 64 KB', { status: 413 })
  }
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500) {
    return new OAuthError('invalid_request', 'the request is malformed', { status: statusCode })
  }
  return undefined
}

function unexpected(error: unknown, log: Logger, request_id: string): OAuthError {
  const { stack, name } = error instanceof Error ? error : new Error(typeof error)
  log.error({ req: request_id, err: { type: name, stack } }, 'unexpected error')
  return new OAuthError('server_error', `something went wrong here; the log has it as ${request_id}`)
}

/** Sends an error as JSON (RFC 6749 §5.2), with the headers that its status asks for. */
export function sendJsonError(reply: FastifyReply, error: OAuthError): FastifyReply {
  reply.code(error.status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
  // RFC 6749 §5.2: 401 names the scheme to use.
  if (error.error === 'invalid_client')
    reply.header('www-authenticate', 'Basic realm="postern", charset="UTF-8"')
  return reply
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: error.error, error_description: error.message }))
}

/** Errors of the endpoints that programs call: JSON. */
export function handleErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((thrown, request, reply) => sendJsonError(reply, toOAuthError(thrown, log, request.id)))
}

/** Errors of the pages: a page that says what to do. */
export function handlePageErrors(
  app: FastifyInstance,
  { log, render }: { log: Logger; render: RenderPage },
): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = toOAuthError(thrown, log, request.id)
    if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter)
    const again = error.status >= 500
    return render(
      reply,
      'error',
      {
        heading: again ? 'Please try again' : 'This link does not work',
        message: again
          ? 'Something did not work on our side. Reload this page in a moment; you will not lose your place.'
          : `The application that sent you here made a mistake: ${error.message}.`,
        error: error.error,
        request_id: request.id,
      },
      { status: error.status },
    )
  })
}
