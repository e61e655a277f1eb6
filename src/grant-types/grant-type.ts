import type { AllowedResources } from '../clients/allowed-resources.ts'
import type { Client } from '../clients/client.ts'
import type { GrantTypeTraits } from '../clients/grant-type-traits.ts'
import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { ClientRequest } from '../clients/presented.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { Grants } from '../grants/grants.ts'
import type { LoginGuard } from '../logins/login-guard.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Terms } from '../protocol/terms.ts'
import type { Keys } from '../secrets/keys.ts'
import type { ProvenGrant } from '../tokens/issuer.ts'
import type { Users } from '../users/user.ts'

/** A token request, the same value for every phase and every grant type. A DPoP proof (RFC 9449) would be a field of it. */
export type TokenRequest = ClientRequest

/** What the proof of a grant leads to. Only the pipeline issues tokens for it. */
export type Proven =
  | ({ outcome: 'grant'; events: readonly SecurityEvent[] } & ProvenGrant)
  | { outcome: 'client'; terms: Terms; events: readonly SecurityEvent[] }
  | { outcome: 'refused'; error: OAuthError; events: readonly SecurityEvent[] }

/** A grant type's part of the token endpoint. It cannot skip a phase of the pipeline, and it cannot mint. */
export interface Prover<P> {
  /** Reads what this grant type needs of a request. Throws `OAuthError` if a parameter is missing or malformed. */
  readRequest(request: TokenRequest): P
  /** Proves the grant for an authenticated client that may use this grant type. `now` in seconds. */
  prove(request: P, client: Client, now: number): Promise<Proven>
}

/** The parts of the server that a prover may ask for. */
export interface ProverContext {
  keys: Keys
  grants: Grants
  users: Users
  guard: LoginGuard
  narrowed: NarrowedScopes
  allowed: AllowedResources
  now: () => number
}

/** One `grant_type`: what it says of itself, and what proves it. Registration, metadata and token endpoint follow from it. */
export interface GrantType extends GrantTypeTraits {
  /** Absent: its tokens come from the authorization endpoint alone. */
  // biome-ignore lint/suspicious/noExplicitAny: the pipeline hands a prover what it has read itself
  readonly prover?: (context: ProverContext) => Prover<any>
}
