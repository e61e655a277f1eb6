import type { ClientRequest } from '../clients/authenticate.ts'
import type { Client } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Terms } from '../protocol/terms.ts'
import type { ProvenGrant } from '../tokens/issuer.ts'

/** A token request, the same value for every phase and every grant type. A DPoP proof (RFC 9449) would be a field of it. */
export interface TokenRequest extends ClientRequest {
  /** The IP address that it came from. */
  readonly address: string
}

/** What the proof of a grant leads to. Only the pipeline issues tokens for it. */
export type Proven =
  | ({ outcome: 'grant'; events: readonly SecurityEvent[] } & ProvenGrant)
  | { outcome: 'client'; terms: Terms; events: readonly SecurityEvent[] }
  | { outcome: 'refused'; error: OAuthError; events: readonly SecurityEvent[] }

/**
 * One `grant_type`: what its request carries and what proves it. It cannot skip a phase of the pipeline, and
 * it cannot mint.
 */
export interface GrantType<P> {
  readonly grant_type: string
  /** Reads what this grant type needs of a request. Throws `OAuthError` if a parameter is missing or malformed. */
  readRequest(request: TokenRequest): P
  /** Proves the grant for an authenticated client that may use this grant type. `now` in seconds. */
  prove(request: P, client: Client, now: number): Promise<Proven>
}

/** A grant type whose parameters only it knows. */
// biome-ignore lint/suspicious/noExplicitAny: the pipeline hands a grant type its own parameters back, unread
export type AnyGrantType = GrantType<any>
