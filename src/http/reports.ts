import type { Journal, Occasion } from '../journal/journal.ts'
import { OAuthError, TemporarilyUnavailable } from '../protocol/errors.ts'
import type { Logger } from './logger.ts'

/** Tells the log why a request did not get what it asked for: the endpoints' only way to it beside the journal. */
export interface Reports {
  /**
   * What any thrown value is on the wire. Only an `OAuthError` speaks for itself; a fault of ours is logged with its
   * stack and sent as `server_error`, without a word of what it was.
   */
  thrown(request: Occasion, error: unknown): OAuthError
  /**
   * Writes why a request was refused, once for each: a developer's mistake is found in the log, by the id that the page
   * or the client's own log has. `detail` is preferred, because the message may contain user input.
   */
  refused(request: Occasion, error: OAuthError): void
  /** Writes why a form was not taken. */
  formRefused(request: Occasion, reason: string): void
}

// Characters: longer messages contain user input.
const REASON = 300

interface FastifyLike {
  code?: string
  statusCode?: number
}

/** Reports to a log; what is a security event goes by the journal. */
export function reportsTo({ log, journal }: { log: Logger; journal: Journal }): Reports {
  const refused: Reports['refused'] = (request, { error, client_id, detail, message }) => {
    const reason = (detail ?? message).slice(0, REASON)
    if (error === 'invalid_client')
      journal.record(request, [{ event: 'client_authentication_failed', client_id, reason }])
    else log.info({ req: request.id, error, client_id, reason }, 'request refused')
  }
  const unexpected = ({ id }: Occasion, error: unknown): OAuthError => {
    const { stack, name } = error instanceof Error ? error : new Error(typeof error)
    log.error({ req: id, err: { type: name, stack } }, 'unexpected error')
    return new OAuthError('server_error', `something went wrong here; the log has it as ${id}`)
  }
  return {
    thrown(request, error) {
      if (error instanceof TemporarilyUnavailable) {
        const { client_id, message: detail, description, report, retry_after: retryAfter } = error
        log[report.level]({ req: request.id, client_id, detail }, report.msg)
        return new OAuthError('temporarily_unavailable', description, { retryAfter })
      }
      const refusal = error instanceof OAuthError ? error : fromFastify(error as FastifyLike)
      if (refusal === undefined) return unexpected(request, error)
      refused(request, refusal)
      return refusal
    },
    refused,
    formRefused({ id }, reason) {
      log.info({ req: id, reason }, 'form refused')
    },
  }
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
