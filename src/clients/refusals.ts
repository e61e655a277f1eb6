import { OAuthError } from '../protocol/errors.ts'
import type { Client, Clients } from './client.ts'

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

/** A client that is not found: only the log hears if that is because an operator has blocked it. */
export async function notFound(clients: Clients, client_id: string): Promise<OAuthError> {
  const rule = await clients.blockedBy(client_id)
  return rule === undefined ? failed('unknown client') : failed(blockedReason(rule), client_id)
}

/** For the log: why a client that introduced itself is not let in. */
export function blockedReason(rule: string): string {
  return `the client is blocked here: ${rule}`
}

/** An operator has blocked the client of an authorization request: for a page of its own, for nobody made a mistake. */
export class ClientBlocked extends OAuthError {
  constructor(client_id: string, rule = 'by a rule that has just been lifted') {
    const extra = { status: 403, client_id, detail: blockedReason(rule) }
    super('unauthorized_client', 'this client is blocked here', extra)
  }
}

/** The client, if it is a public one: it has shown no more than its id. Throws `invalid_client`. */
export function requirePublic(client: Client, client_id: string): Client {
  if (client.auth_methods.includes('none')) return client
  const how = client.keys === undefined ? 'its client secret' : 'a client assertion (private_key_jwt)'
  throw new OAuthError('invalid_client', `this client must authenticate with ${how}`, {
    detail: 'it sent no secret',
    client_id,
  })
}
