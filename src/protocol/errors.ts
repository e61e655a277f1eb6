/** Every error code that may go over the wire, with the HTTP status of a direct (JSON) answer. */
export const ERRORS = {
  // RFC 6749 §5.2, §4.1.2.1
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  access_denied: 403,
  unsupported_response_type: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  // RFC 8707 §2
  invalid_target: 400,
  // OpenID Connect Core §3.1.2.6
  login_required: 400,
  consent_required: 400,
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
  unmet_authentication_requirements: 400,
  // RFC 6750 §3.1
  invalid_token: 401,
  insufficient_scope: 403,
  // RFC 7591 §3.2.2
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
} as const

export type ErrorCode = keyof typeof ERRORS

interface Extra {
  /** For the log only: never sent. */
  detail?: string
  /** For the log: whose request it was. */
  client_id?: string | undefined
  /** HTTP status, if it is not the table's (405, 413, 415, 429). */
  status?: number
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  cause?: unknown
}

// Characters: a description goes into a URL or onto a page, and parts of it are anybody's text.
const MAX_DESCRIPTION = 500
const MAX_QUOTED = 200

/** What somebody sent, inside a sentence of ours: as much of it as is needed to recognise it. */
export function quoted(text: string): string {
  return text.length > MAX_QUOTED ? `'${text.slice(0, MAX_QUOTED)}...'` : `'${text}'`
}

/**
 * The one error of the protocol. `message` is sent as `error_description`, 500 characters of it at most; characters that RFC 6749 §5.2
 * does not allow there become `?`, so that no caller can break a header or a redirect with echoed input.
 */
export class OAuthError extends Error {
  readonly error: ErrorCode
  readonly status: number
  readonly detail: string | undefined
  readonly retryAfter: number | undefined
  /** For the log: whose request it was, if that is known by then. */
  client_id: string | undefined

  constructor(error: ErrorCode, description: string, extra: Extra = {}) {
    // A stack costs microseconds and says nothing about a client's mistake.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(description.slice(0, MAX_DESCRIPTION).replace(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?'), {
      cause: extra.cause,
    })
    Error.stackTraceLimit = limit
    this.name = 'OAuthError'
    this.error = error
    this.status = extra.status ?? ERRORS[error]
    this.detail = extra.detail
    this.client_id = extra.client_id
    this.retryAfter = extra.retryAfter
  }
}

/** What the log says of something that is busy or down. */
interface Report {
  level: 'warn' | 'error'
  msg: string
}

/**
 * What was asked for is busy, full or down, and may work in a moment. Sent as `temporarily_unavailable` with
 * `Retry-After`; `message` is for the log only. The rooms that can be busy make kinds of it.
 */
export abstract class TemporarilyUnavailable extends Error {
  /** Sent as `error_description`. */
  abstract readonly description: string
  abstract readonly report: Report
  /** Seconds. */
  readonly retry_after: number = 2
  /** For the log: the client that causes it, if one does. */
  readonly client_id: string | undefined

  constructor(message: string, client_id?: string) {
    super(message)
    this.client_id = client_id
  }
}
