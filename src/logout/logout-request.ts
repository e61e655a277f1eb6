import type { Client, Clients } from '../clients/client.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { ToldLogin } from './session-end.ts'

/** A request to log out whose every parameter is checked (OpenID Connect RP-Initiated Logout 1.0 §2). */
export interface LogoutRequest {
  client: Client | undefined
  /** Where the browser goes afterwards, complete with `state`. */
  location: string | undefined
  /** The login that the hint proves to be known to the client, as the client knows it. */
  sid: string | undefined
}

/** Reads it; throws `OAuthError` that is shown as a page: nothing unproven is redirected to (§3). */
export async function readLogoutRequest(
  parameters: Parameters,
  { clients, signing }: { clients: Clients; signing: SigningKeys },
): Promise<LogoutRequest> {
  const hint = await readHint(parameters.one('id_token_hint'), signing)
  const client_id = parameters.one('client_id') ?? hint?.client_id
  if (hint !== undefined && client_id !== hint.client_id)
    throw new OAuthError('invalid_request', 'client_id is not the one that id_token_hint was issued to')
  const client = client_id === undefined ? undefined : await clients.find(client_id)
  if (client_id !== undefined && client === undefined)
    throw new OAuthError('invalid_request', `no client '${client_id}' is registered here`, {
      detail: 'the client is unknown',
    })
  const location = readLocation(parameters, client)
  return { client, location, sid: hint?.sid }
}

async function readHint(hint: string | undefined, signing: SigningKeys) {
  if (hint === undefined) return undefined
  const verified = await signing.verify(hint)
  const { aud, sid } = verified?.payload ?? {}
  // §2: that it has expired is fine. One that proves nothing (its key may be gone) is none: the person is asked.
  if (verified?.typ !== 'JWT' || typeof aud !== 'string') return undefined
  return { client_id: aud, sid: typeof sid === 'string' ? sid : undefined }
}

function readLocation(parameters: Parameters, client: Client | undefined): string | undefined {
  const uri = parameters.one('post_logout_redirect_uri')
  const state = parameters.one('state')
  if (uri === undefined) return undefined
  if (client === undefined)
    throw new OAuthError(
      'invalid_request',
      'post_logout_redirect_uri needs a valid id_token_hint, or client_id',
    )
  if (!client.post_logout_redirect_uris.includes(uri)) {
    throw new OAuthError(
      'invalid_request',
      `post_logout_redirect_uri '${uri}' is not registered for this client`,
      {
        detail: `post_logout_redirect_uri is not one of ${client.post_logout_redirect_uris.join(' ') || 'none'}`,
        client_id: client.client_id,
      },
    )
  }
  if (state === undefined) return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
}

/**
 * What the logged-out page loads in frames (OpenID Connect Front-Channel Logout 1.0 §2), each once: the clients that were
 * told of the logins and ask for it.
 */
export function frontChannelUrls(
  logins: readonly ToldLogin[],
  { issuer, sidOf }: { issuer: string; sidOf: (login: ToldLogin) => string },
): readonly string[] {
  const urls = logins.flatMap((login) => {
    const { frontchannel_logout_uri: uri, frontchannel_logout_session_required } = login.client
    if (uri === undefined) return []
    if (!frontchannel_logout_session_required) return [uri]
    const query = new URLSearchParams({ iss: issuer, sid: sidOf(login) })
    return [`${uri}${uri.includes('?') ? '&' : '?'}${query}`]
  })
  return [...new Set(urls)]
}
