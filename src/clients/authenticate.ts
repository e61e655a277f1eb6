import { type Credentials, readBasicCredentials } from '../protocol/basic-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Client, Clients } from './client.ts'

/**
 * Authenticates the client of a direct request: `client_secret_basic`, `client_secret_post`, or `none` for a
 * public client (RFC 6749 §2.3). Throws `invalid_client`, and `invalid_request` for two methods at once.
 */
export async function authenticateClient(
  clients: Clients,
  authorization: string | undefined,
  parameters: Parameters,
): Promise<Client> {
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
    return authenticateReadings(clients, readings)
  }
  if (client_id === undefined) {
    throw new OAuthError(
      'invalid_client',
      'client authentication is missing; use HTTP Basic or send client_id',
    )
  }
  const client = await clients.find(client_id)
  if (client_secret === undefined) return requirePublic(client, client_id)
  return requireSecret(client, { client_id, client_secret }, 'client_secret_post')
}

async function authenticateReadings(clients: Clients, readings: readonly Credentials[]): Promise<Client> {
  const last = readings.length - 1
  for (const [at, credentials] of readings.entries()) {
    const client = await clients.find(credentials.client_id)
    // Many libraries send a public client's id as Basic with an empty password.
    if (credentials.client_secret === '') return requirePublic(client, credentials.client_id)
    try {
      return await requireSecret(client, credentials, 'client_secret_basic')
    } catch (error) {
      if (at === last || !(error instanceof OAuthError)) throw error
    }
  }
  throw new OAuthError('invalid_client', 'client authentication failed')
}

function requirePublic(client: Client | undefined, client_id: string): Client {
  if (client === undefined) throw failed('unknown client')
  if (client.secret === undefined) return client
  throw new OAuthError('invalid_client', 'this client must authenticate with its client secret', {
    detail: `client ${client_id} sent no secret`,
  })
}

async function requireSecret(
  client: Client | undefined,
  credentials: Credentials,
  method: 'client_secret_basic' | 'client_secret_post',
): Promise<Client> {
  const { client_id, client_secret } = credentials
  if (client?.secret === undefined) {
    throw failed(client ? `${client_id} is public, but a secret was sent` : 'unknown client')
  }
  if (!client.auth_methods.includes(method)) {
    throw new OAuthError('invalid_client', `this client is registered for ${client.auth_methods.join(', ')}`)
  }
  if (!(await client.secret.verify(client_secret))) throw failed(`wrong secret for ${client_id}`)
  return client
}

// An unknown id is not logged: clients that swap the two halves send their secret there.
function failed(detail: string): OAuthError {
  return new OAuthError('invalid_client', 'client authentication failed', { detail })
}
