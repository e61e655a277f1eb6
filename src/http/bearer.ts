import type { FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import { formOf } from './form.ts'

/**
 * The access token of a request (RFC 6750 §2): in the header or, in a POST, in the form; never in the query. Undefined
 * where there is none; `invalid_request` for two of them.
 */
export function bearerToken(request: FastifyRequest): string | OAuthError | undefined {
  const [scheme = '', header] = (request.headers.authorization ?? '').split(' ')
  const inHeader = scheme.toLowerCase() === 'bearer' ? header : undefined
  const inForm = request.method === 'POST' ? formOf(request).one('access_token') : undefined
  if (inHeader !== undefined && inForm !== undefined) {
    return new OAuthError(
      'invalid_request',
      'send the access token in the header or in the form, not in both',
    )
  }
  return inHeader ?? inForm
}

/** Names the scheme, and the error where there is one (RFC 6750 §3): without a token there is none to name. */
export function challenge(reply: FastifyReply, error?: OAuthError, scope?: string): void {
  const parameters = ['realm="postern"']
  if (error !== undefined) parameters.push(`error="${error.error}"`, `error_description="${error.message}"`)
  if (scope !== undefined) parameters.push(`scope="${scope}"`)
  reply.header('www-authenticate', `Bearer ${parameters.join(', ')}`)
}
