/** What a grant type says of itself to registration and metadata. A flag that is absent is false. */
export interface GrantTypeTraits {
  /** Its name in requests, registrations and metadata; an extension's is a URI (RFC 6749 §4.5). */
  readonly grant_type: string
  /** Whom the tokens speak for that it begins. Absent: it only goes on with what another grant type has begun. */
  readonly subject?: 'person' | 'client'
  /** Whether it sends the person back to the client, which needs a redirect URI for that. */
  readonly redirects?: boolean
  /** Whether a client needs a secret for it. */
  readonly confidential?: boolean
  /** Whether it issues a refresh token too, if the client has the grant type `refresh_token` as well. */
  readonly refreshable?: boolean
  /** Whether the server offers it only while a client is registered for it. */
  readonly onDemand?: boolean
}
