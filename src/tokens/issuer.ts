import { hash } from 'node:crypto'
import type { Client } from '../clients/client.ts'
import type { NextGrant, PreparedTokens } from '../grants/grant.ts'
import type { Terms } from '../protocol/terms.ts'
import type { Resources, TokenSettings } from '../resources/resources.ts'
import type { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import type { User } from '../users/user.ts'
import type { IssueIdToken } from './id-token.ts'
import type { JwtAccessTokens } from './jwt-access-token.ts'
import { makeAccessToken, makeClientToken, makeCode, makeRefreshToken } from './layouts.ts'
import { type TokenType, tokenType } from './token-type.ts'

/** The response of RFC 6749 §5.1. Times are seconds from now. */
export interface TokenResponse {
  access_token: string
  token_type: TokenType
  expires_in: number
  refresh_token?: string
  refresh_token_expires_in?: number
  /** The same, and when the whole authorization ends, by their names in draft-ietf-oauth-refresh-token-expiration. */
  refresh_token_timeout?: number
  authorization_expires_in?: number
  scope: string
  id_token?: string
}

/** A grant that tokens may be issued for, with what a transition has fixed of them. */
export interface ProvenGrant {
  grant_id: string
  grant: NextGrant
  user: User
  tokens: PreparedTokens
}

/** The only mint: everything that works as a code or token is issued here. Every `now` is in seconds. */
export interface Issuer {
  /** Issues the tokens of a grant. Returns a promise only if something has to be signed with a private key. */
  grantTokens(client: Client, proven: ProvenGrant, now: number): TokenResponse | Promise<TokenResponse>
  /** Issues the access token alone, for an authorization response. */
  accessToken(client: Client, proven: ProvenGrant, now: number): Promise<TokenResponse>
  /** Issues a token for the client itself (RFC 6749 §4.4): complete in itself, nothing is stored. */
  clientToken(client: Client, terms: Terms, now: number): TokenResponse | Promise<TokenResponse>
  /** Issues the ID token of an authorization response (OpenID Connect Core §3.2.2.10, §3.3.2.11). */
  readonly idToken: IssueIdToken
  /** Issues the code of a grant that waits to be redeemed. `expires_at` in seconds. */
  code(grant_id: string, request: CodeRequest, expires_at: number): string
}

/** Issues with these keys. */
export function issuerOf(context: {
  keys: Keys
  idToken: IssueIdToken
  jwts: JwtAccessTokens
  resources: Resources
}): Issuer {
  const { keys, idToken, jwts, resources } = context
  const settingsOf = (client: Client, { resource }: Terms): TokenSettings =>
    resources.tokensAt(resource) ?? client
  return {
    idToken,

    grantTokens(client, proven, now) {
      const { grant_id, grant, tokens } = proven
      const { access_expires_at, terms, refresh } = tokens
      const response = responseOf('', terms, access_expires_at - now)
      if (refresh !== undefined) {
        response.refresh_token = makeRefreshToken(keys, { grant_id, generation: refresh.generation })
        response.refresh_token_expires_in = refresh.expires_at - now
        response.refresh_token_timeout = response.refresh_token_expires_in
        if (grant.ends_at !== null) response.authorization_expires_in = grant.ends_at - now
      }
      const access_token = accessToken(client, proven)
      const openid = terms.scope.split(' ').includes('openid')
      if (typeof access_token !== 'string' || openid) {
        return signed({ client, proven, response, access_token, openid }, now)
      }
      response.access_token = access_token
      return response
    },

    async accessToken(client, proven, now) {
      const { access_expires_at, terms } = proven.tokens
      return responseOf(await accessToken(client, proven), terms, access_expires_at - now)
    },

    clientToken(client, terms, now) {
      const { client_id, lifetimes } = client
      const expires_in = resources.ttlAt(terms.resource, lifetimes.access_token_ttl)
      const facts = { client_id, terms, issued_at: now, expires_at: now + expires_in, jti: randomText(12) }
      const settings = settingsOf(client, terms)
      if (settings.access_token_format !== 'jwt')
        return responseOf(makeClientToken(keys, facts), terms, expires_in)
      const signed = jwts.ofClient(client, facts, settings)
      return signed.then((access_token) => responseOf(access_token, terms, expires_in))
    },

    code(grant_id, { redirect_uri, redirect_uri_sent, challenge_digest }, expires_at) {
      const redirect_uri_digest = hash('sha256', redirect_uri, 'buffer')
      return makeCode(keys, {
        grant_id,
        expires_at,
        redirect_uri_sent,
        redirect_uri_digest,
        challenge_digest,
      })
    },
  }

  function accessToken(
    client: Client,
    { grant_id, grant, user, tokens }: ProvenGrant,
  ): string | Promise<string> {
    const { profile, issued_at, access_expires_at, terms } = tokens
    const facts = { grant_id, profile, issued_at, expires_at: access_expires_at, jti: randomText(12), terms }
    const settings = settingsOf(client, terms)
    if (settings.access_token_format === 'jwt') return jwts.ofGrant({ client, user, grant }, facts, settings)
    return makeAccessToken(keys, facts)
  }

  async function signed(
    unsigned: {
      client: Client
      proven: ProvenGrant
      response: TokenResponse
      access_token: string | Promise<string>
      openid: boolean
    },
    now: number,
  ): Promise<TokenResponse> {
    const { client, proven, openid } = unsigned
    const access_token = await unsigned.access_token
    const response = { ...unsigned.response, access_token }
    if (!openid) return response
    const { user, grant, tokens } = proven
    const scope = client.claims_in_id_token ? tokens.terms.scope : undefined
    const companions = { nonce: tokens.nonce, access_token, scope }
    const id_token = await idToken({ client, user, grant }, companions, now)
    return { ...response, id_token }
  }
}

/** `expires_in` in seconds from now. */
function responseOf(access_token: string, { scope }: Terms, expires_in: number): TokenResponse {
  return { access_token, token_type: tokenType(), expires_in, scope }
}

/** What a code remembers of its authorization request. */
export interface CodeRequest {
  redirect_uri: string
  redirect_uri_sent: boolean
  challenge_digest: Buffer | undefined
}
