import type { Client } from '../clients/client.ts'
import { isDocumentUrl } from '../clients/documents/document-url.ts'
import { OAuthError, quoted } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { redirectUriMatches } from '../protocol/redirect-uri.ts'

/** Who asks, and where the answer goes. Only with a proven target may anything be sent anywhere. */
export interface Target {
  client: Client
  redirect_uri: string
  /** Whether the request named it (RFC 6749 §4.1.3 asks for it again then). */
  redirect_uri_sent: boolean
}

/** Finds the client of an authorization request; undefined if there is none. Throws `OAuthError`, for a page. */
export type FindClient = (client_id: string) => Promise<Client | undefined>

/**
 * Proves client and redirect URI. Throws `OAuthError` that is shown as a page, never redirected: RFC 6749
 * §4.1.2.1 forbids sending the browser to an address that is not known to be the client's.
 */
export async function resolveTarget(find: FindClient, parameters: Parameters): Promise<Target> {
  const client_id = parameters.required('client_id')
  const client = await find(client_id)
  if (client === undefined)
    throw new OAuthError('invalid_request', `no client ${quoted(client_id)} is registered here`, {
      detail: isDocumentUrl(client_id)
        ? 'the client is unknown, and documents of clients are not read here'
        : 'the client is unknown',
    })
  const requested = parameters.one('redirect_uri')
  if (requested !== undefined)
    return { client, redirect_uri: matching(client, requested), redirect_uri_sent: true }
  const [only, ...more] = client.redirect_uris
  if (only === undefined) throw new OAuthError('invalid_request', 'this client has no redirect URI')
  // OpenID Connect Core §3.1.2.1: redirect_uri is REQUIRED there.
  const scope = parameters.quiet('scope') ?? client.default_scope
  const openid = scope.split(' ').includes('openid')
  if (more.length > 0 || openid)
    throw new OAuthError('invalid_request', 'the parameter redirect_uri is missing')
  return { client, redirect_uri: only, redirect_uri_sent: false }
}

function matching(client: Client, requested: string): string {
  if (client.redirect_uris.some((registered) => redirectUriMatches(requested, registered))) return requested
  throw new OAuthError(
    'invalid_request',
    `redirect_uri ${quoted(requested)} is not registered for this client`,
    {
      detail: `redirect_uri is not one of ${client.redirect_uris.join(' ')}`,
      client_id: client.client_id,
    },
  )
}
