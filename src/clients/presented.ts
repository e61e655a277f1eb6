import { type Credentials, readBasicCredentials } from '../protocol/basic-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'

/** What a direct request says of its client: the value of its `Authorization` header, its parameters, and whence it came. */
export interface ClientRequest {
  readonly authorization: string | undefined
  readonly parameters: Parameters
  /** The IP address. */
  readonly address: string
}

/** What a request presents: a secret by one method, in every way it may be read, an assertion, or only an id. */
export type Presented =
  | { method: 'client_secret_basic' | 'client_secret_post'; readings: readonly Credentials[] }
  | { method: 'private_key_jwt'; assertion: string; client_id: string | undefined }
  | { method: 'none'; client_id: string }

// RFC 7523 §2.2.
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Reads how the client of a request authenticates (RFC 6749 §2.3). Throws `invalid_request` for two methods at once, and
 * `invalid_client` for none or an unknown one.
 */
export function readPresented({ authorization, parameters }: ClientRequest): Presented {
  const client_id = parameters.one('client_id')
  const client_secret = parameters.one('client_secret')
  const assertion = readAssertion(parameters)
  // RFC 6749 §2.3: the client MUST NOT use more than one authentication method in each request.
  if (assertion !== undefined) {
    if (authorization !== undefined || client_secret !== undefined)
      throw new OAuthError('invalid_request', 'send a client assertion or a client secret, not both')
    return { method: 'private_key_jwt', assertion, client_id }
  }
  if (authorization !== undefined) {
    if (client_secret !== undefined) {
      throw new OAuthError(
        'invalid_request',
        'send the client secret in the header or in the body, not in both',
      )
    }
    const readings = readBasicCredentials(authorization)
    if (client_id !== undefined && !readings.some((reading) => reading.client_id === client_id)) {
      throw new OAuthError('invalid_request', 'client_id in the body is not the one in the header')
    }
    return { method: 'client_secret_basic', readings }
  }
  if (client_id === undefined) {
    throw new OAuthError(
      'invalid_client',
      'client authentication is missing; use HTTP Basic or send client_id',
    )
  }
  if (client_secret === undefined) return { method: 'none', client_id }
  return { method: 'client_secret_post', readings: [{ client_id, client_secret }] }
}

/** RFC 7521 §4.2: the two parameters belong together. */
function readAssertion(parameters: Parameters): string | undefined {
  const assertion = parameters.one('client_assertion')
  const type = parameters.one('client_assertion_type')
  if (assertion === undefined && type === undefined) return undefined
  if (type !== undefined && type !== JWT_BEARER)
    throw new OAuthError('invalid_client', `client_assertion_type is ${JWT_BEARER}`)
  parameters.required('client_assertion_type')
  return parameters.required('client_assertion')
}
