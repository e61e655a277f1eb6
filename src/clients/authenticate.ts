import type { Credentials } from '../protocol/basic-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Client, Clients } from './client.ts'
import { type AssertionContext, readClaimedId, requireAssertion } from './client-assertion.ts'
import { type ClientRequest, type Presented, readPresented } from './presented.ts'

/**
 * Authenticates the client of a direct request: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, or `none` for a
 * public client (RFC 6749 §2.3). `now` in seconds. Throws `invalid_client`, `invalid_request` for two methods at once, and
 * `TemporarilyUnavailable`.
 */
export type AuthenticateClient = (request: ClientRequest, now: number) => Promise<Client>

/** Makes the one way in which clients authenticate, at every endpoint alike. */
export function clientAuthenticator(context: AssertionContext & { clients: Clients }): AuthenticateClient {
  const { clients } = context

  return async (request, now) => {
    const presented = readPresented(request)
    if (presented.method === 'none')
      return requirePublic(await clients.find(presented.client_id), presented.client_id)
    if (presented.method === 'private_key_jwt') return byAssertion(presented, now)
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

  async function byAssertion(
    { assertion, client_id }: Extract<Presented, { method: 'private_key_jwt' }>,
    now: number,
  ): Promise<Client> {
    const claimed = await readClaimedId(assertion)
    // RFC 7521 §4.2: client_id is not needed, but must name the same client.
    if (client_id !== undefined && client_id !== claimed)
      throw new OAuthError('invalid_client', 'client_id is not the sub of the client assertion')
    const client = await clients.find(claimed)
    if (client === undefined) throw failed('unknown client')
    if (client.keys === undefined) throw otherMethod(client)
    await requireAssertion(context, { client_id: client.client_id, keys: client.keys, assertion }, now)
    return client
  }
}

function requirePublic(client: Client | undefined, client_id: string): Client {
  if (client === undefined) throw failed('unknown client')
  if (client.auth_methods.includes('none')) return client
  const how = client.keys === undefined ? 'its client secret' : 'a client assertion (private_key_jwt)'
  throw new OAuthError('invalid_client', `this client must authenticate with ${how}`, {
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
    if (client?.keys !== undefined) return otherMethod(client)
    return client ? failed('it is public, but a secret was sent', client_id) : failed('unknown client')
  }
  if (!client.auth_methods.includes(method)) return otherMethod(client)
  const judge = (matches: boolean) => (matches ? client : failed('wrong secret', client_id))
  const verified = client.secret.verify(client_secret)
  return typeof verified === 'boolean' ? judge(verified) : verified.then(judge)
}

function otherMethod({ client_id, auth_methods }: Client): OAuthError {
  return new OAuthError('invalid_client', `this client is registered for ${auth_methods.join(', ')}`, {
    client_id,
  })
}

// An unknown id is not logged: clients that swap the two halves send their secret there.
function failed(detail: string, client_id?: string): OAuthError {
  return new OAuthError('invalid_client', 'client authentication failed', { detail, client_id })
}
