import { OAuthError } from '../protocol/errors.ts'
import type { SecretGuesses } from '../throttle/secret-guesses.ts'
import { secretAuthenticator } from './by-secret.ts'
import type { Client, Clients } from './client.ts'
import { type AssertionContext, readClaimedId, requireAssertion } from './client-assertion.ts'
import type { Approvals } from './introduced/approvals.ts'
import { type ClientRequest, type Presented, readPresented } from './presented.ts'
import { failed, notFound, otherMethod, requirePublic } from './refusals.ts'
import type { RemoteKeySets } from './remote-key-sets.ts'

/**
 * Authenticates the client of a direct request: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, or `none` for a
 * public client (RFC 6749 §2.3). `now` in seconds. Throws `invalid_client`, `invalid_request` for two methods at once,
 * `temporarily_unavailable` (429) after too many wrong secrets, and `TemporarilyUnavailable`.
 */
export type AuthenticateClient = (request: ClientRequest, now: number) => Promise<Client>

/** Makes the one way in which clients authenticate, at every endpoint alike. */
export function clientAuthenticator(
  context: AssertionContext & {
    clients: Clients
    guesses: SecretGuesses
    /** The key sets of clients that introduced themselves. */
    strangersKeySets: RemoteKeySets
    approvals: Pick<Approvals, 'isKnown'>
  },
): AuthenticateClient {
  const { clients, strangersKeySets, approvals } = context
  const bySecret = secretAuthenticator(context)

  return async (request, now) => {
    const presented = readPresented(request)
    if (presented.method === 'none') return byId(presented.client_id)
    if (presented.method === 'private_key_jwt') return byAssertion(presented, now)
    return bySecret(presented, request.address, now)
  }

  async function byId(client_id: string): Promise<Client> {
    const client = await clients.find(client_id)
    if (client === undefined) throw await notFound(clients, client_id)
    return requirePublic(client, client_id)
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
    if (client === undefined) throw await notFound(clients, claimed)
    if (client.keys === undefined) throw otherMethod(client)
    const signed = { client_id: client.client_id, keys: client.keys, assertion }
    if (!client.introduced) await requireAssertion(context, signed, now)
    else {
      // Nothing is asked for a stranger: anybody could have this server send requests by introducing themselves.
      if (!(await approvals.isKnown(client)))
        throw failed('nobody here has approved this client', client.client_id)
      await requireAssertion({ ...context, keySets: strangersKeySets }, signed, now)
    }
    return client
  }
}
