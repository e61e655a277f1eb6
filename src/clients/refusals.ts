import { OAuthError } from '../protocol/errors.ts'
import type { Client } from './client.ts'

/** A client that could not be authenticated, in words that tell nobody what was wrong; `detail` is for the log. */
export function failed(detail: string, client_id?: string): OAuthError {
  // An unknown id is not logged: clients that swap the two halves send their secret there.
  return new OAuthError('invalid_client', 'client authentication failed', { detail, client_id })
}

/** A client that authenticates by another method than it is registered for. */
export function otherMethod({ client_id, auth_methods }: Client): OAuthError {
  return new OAuthError('invalid_client', `this client is registered for ${auth_methods.join(', ')}`, {
    client_id,
  })
}

/** The client, if it is a public one: it has shown no more than its id. Throws `invalid_client`. */
export function requirePublic(client: Client | undefined, client_id: string): Client {
  if (client === undefined) throw failed('unknown client')
  if (client.auth_methods.includes('none')) return client
  const how = client.keys === undefined ? 'its client secret' : 'a client assertion (private_key_jwt)'
  throw new OAuthError('invalid_client', `this client must authenticate with ${how}`, {
    detail: 'it sent no secret',
    client_id,
  })
}
