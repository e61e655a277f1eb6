import { type Credentials, readBasicCredentials } from '../protocol/basic-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Client, Clients } from './client.ts'

/** What a direct request says of its client: the value of its `Authorization` header, and its parameters. */
export interface ClientRequest {
  readonly authorization: string | undefined
  readonly parameters: Parameters
}

/** What a request presents: a secret by one method, in every way it may be read, or only an id. */
type Presented =
  | { method: 'client_secret_basic' | 'client_secret_post'; readings: readonly Credentials[] }
  | { method: 'none'; client_id: string }

/**
 * Authenticates the client of a direct request: `client_secret_basic`, `client_secret_post`, or `none` for a
 * public client (RFC 6749 §2.3). Throws `invalid_client`, and `invalid_request` for two methods at once.
 */
export async function authenticateClient(clients: Clients, request: ClientRequest): Promise<Client> {
  const presented = readPresented(request)
  if (presented.method === 'none') {
    return requirePublic(await clients.find(presented.client_id), presented.client_id)
  }
  let refusal: OAuthError | undefined
  for (const credentials of presented.readings) {
    const client = await clients.find(credentials.client_id)
    // Many libraries send a public client's id as Basic with an empty password.
    if (credentials.client_secret === '') return requirePublic(client, credentials.client_id)
    const result = verify(client, credentials, presented.method)
    // Awaited only if it is a promise: every request at the token endpoint passes here.
    const verdict = result instanceof Promise ? await result : result
    if (!(verdict instanceof OAuthError)) return verdict
    refusal = verdict
  }
  throw refusal ?? failed('no credentials')
}

function readPresented({ authorization, parameters }: ClientRequest): Presented {
  const client_id = parameters.one('client_id')
  const client_secret = parameters.one('client_secret')
  if (authorization !== undefined) {
    // RFC 6749 §2.3: the client MUST NOT use more than one authentication method in each request.
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

function requirePublic(client: Client | undefined, client_id: string): Client {
  if (client === undefined) throw failed('unknown client')
  if (client.secret === undefined) return client
  throw new OAuthError('invalid_client', 'this client must authenticate with its client secret', {
    detail: 'it sent no secret',
    client_id,
  })
}

function verify(
  client: Client | undefined,
  { client_id, client_secret }: Credentials,
  method: 'client_secret_basic' | 'client_secret_post',
): Client | OAuthError | Promise<Client | OAuthError> {
  if (client?.secret === undefined) {
    return client ? failed('it is public, but a secret was sent', client_id) : failed('unknown client')
  }
  if (!client.auth_methods.includes(method)) {
    return new OAuthError(
      'invalid_client',
      `this client is registered for ${client.auth_methods.join(', ')}`,
      { client_id },
    )
  }
  const judge = (matches: boolean) => (matches ? client : failed('wrong secret', client_id))
  const verified = client.secret.verify(client_secret)
  return typeof verified === 'boolean' ? judge(verified) : verified.then(judge)
}

// An unknown id is not logged: clients that swap the two halves send their secret there.
function failed(detail: string, client_id?: string): OAuthError {
  return new OAuthError('invalid_client', 'client authentication failed', { detail, client_id })
}
