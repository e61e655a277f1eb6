import type { FastifyReply, FastifyRequest } from 'fastify'
import { readBearerCredentials } from '../protocol/bearer-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import { formOf } from './form.ts'

/**
 * The access token of a request (RFC 6750 §2): in the header or, in a POST, in the form; never in the query. Undefined
 * if there is none. Throws `invalid_request` for two of them, and for a header that is malformed.
 */
export function bearerToken(request: FastifyRequest): string | undefined {
  const inHeader = readBearerCredentials(request.headers.authorization ?? '')
  const inForm = request.method === 'POST' ? formOf(request).one('access_token') : undefined
  if (inHeader !== undefined && inForm !== undefined) {
    throw new OAuthError('invalid_request', 'send the access token in the header or in the form, not in both')
  }
  return inHeader ?? inForm
}

/**
 * Names the scheme, the URL of the resource's metadata (RFC 9728 §5.1), and the error if there is one (RFC 6750 §3): without a
 * token there is none to name.
 */
export function challenge(
  reply: FastifyReply,
  { metadata, error, scope }: { metadata: string; error?: OAuthError; scope?: string },
): void {
  const parameters = ['realm="postern"']
  if (error !== undefined) parameters.push(`error="${error.error}"`, `error_description="${error.message}"`)
  if (scope !== undefined) parameters.push(`scope="${scope}"`)
  parameters.push(`resource_metadata="${metadata}"`)
  reply.header('www-authenticate', `Bearer ${parameters.join(', ')}`)
}
