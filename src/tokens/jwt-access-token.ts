import type { Client } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import type { NextGrant } from '../grants/grant.ts'
import { OWN_TERMS } from '../grants/profiles.ts'
import type { AccessTokenFacts } from '../grants/revoke.ts'
import { acrOf } from '../protocol/acr.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { type Terms, termsFor } from '../protocol/terms.ts'
import type { Resources, TokenSettings } from '../resources/resources.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { User } from '../users/user.ts'
import type { ClientTokenFacts } from './layouts.ts'
import { pickClaims } from './person-claims.ts'

// The `jti` says what the token belongs to: grant, profile and nonce, or the nonce alone for a token of the client itself.
// Nothing of it is secret, and the signature protects it.
const GRANT = 16
const NONCE = 12
const TYPES: readonly string[] = ['at+jwt', 'JWT']

/** Access tokens as JWTs (RFC 9068), for resource servers that check them without asking. */
export interface JwtAccessTokens {
  /** Issues a token of a grant. */
  ofGrant(
    about: { client: Client; user: User; grant: NextGrant },
    token: AccessTokenFacts & { terms: Terms },
    settings: TokenSettings,
  ): Promise<string>
  /** Issues a token of the client itself: RFC 9068 §2.2 makes the client its subject. */
  ofClient(client: Client, token: ClientTokenFacts, settings: TokenSettings): Promise<string>
  /** Returns what a token says that we have signed, or undefined for any other. The caller checks its expiry. */
  open(text: string): Promise<OpenedAccessToken | undefined>
}

/** What an access token turned out to be. */
export type OpenedAccessToken =
  | { kind: 'access_token'; facts: AccessTokenFacts; jti: string }
  | { kind: 'client_token'; facts: ClientTokenFacts; jti: string }

/** Access tokens that these keys sign for this issuer. */
export function jwtAccessTokens(context: {
  signing: SigningKeys
  subjects: Subjects
  resources: Resources
  issuer: string
  scopes: ScopeClaims
}): JwtAccessTokens {
  const { signing, subjects, resources, issuer, scopes } = context
  return {
    async ofGrant({ client, user, grant }, token, settings) {
      const place = Buffer.alloc(GRANT + 1 + NONCE)
      place.write(token.grant_id, 0, 'base64url')
      place[GRANT] = token.profile
      place.write(token.jti, GRANT + 1, 'base64url')
      const sub = subjects.of(client, grant.sub)
      const jti = place.toString('base64url')
      const who = { client_id: client.client_id, sub, auth_time: grant.auth_time, acr: acrOf(grant.amr) }
      // RFC 9068 §2.2.3.1: what decides about access; the person's name and address are asked for elsewhere.
      const claims = pickClaims(client, user, scopes.ownOf(token.terms.scope))
      return sign(settings, { ...token, jti }, { ...claims, ...who })
    },

    async ofClient(client, token, settings) {
      return sign(settings, token, { ...client.claims, client_id: token.client_id, sub: token.client_id })
    },

    async open(text) {
      const verified = await signing.verify(text)
      if (verified === undefined || !TYPES.includes(verified.typ ?? '')) return undefined
      const { iss, aud } = verified.payload
      // With the type JWT only what is said tells it from an ID token, which has no client_id.
      if (iss !== issuer || typeof aud !== 'string' || verified.payload.client_id === undefined)
        return undefined
      const { jti = '', exp = 0, iat = 0, client_id, scope = '' } = verified.payload
      const place = Buffer.from(jti, 'base64url')
      const times = { issued_at: iat, expires_at: exp }
      const terms = termsFor(String(scope), resources.resourceOf(aud))
      if (place.length === NONCE) {
        const facts = { ...times, client_id: String(client_id), terms, jti }
        return { kind: 'client_token', facts, jti }
      }
      if (place.length !== GRANT + 1 + NONCE) return undefined
      const grant_id = place.toString('base64url', 0, GRANT)
      const nonce = place.toString('base64url', GRANT + 1)
      const profile = place[GRANT] ?? 0
      const own = profile === OWN_TERMS && { terms }
      return { kind: 'access_token', facts: { ...times, grant_id, profile, jti: nonce, ...own }, jti }
    },
  }

  async function sign(
    settings: TokenSettings,
    token: { terms: Terms; issued_at: number; expires_at: number; jti: string },
    who: Record<string, unknown>,
  ): Promise<string> {
    const { terms, issued_at: iat, expires_at: exp, jti } = token
    const { access_token_signed_response_alg: alg, access_token_typ: typ } = settings
    const aud = resources.audienceOf(terms.resource)
    const claims = { ...who, iss: issuer, aud, exp, iat, jti, scope: terms.scope }
    return signing.sign(alg, typ, claims)
  }
}
