import { hash } from 'node:crypto'
import type { Client } from '../clients/client.ts'
import type { Minting } from '../grants/grant.ts'
import type { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import { makeAccessToken, makeClientToken, makeCode, makeRefreshToken } from './tokens.ts'

/** The answer of RFC 6749 §5.1. Times are seconds from now. */
export interface TokenResponse {
  access_token: string
  token_type: 'Bearer'
  expires_in: number
  refresh_token?: string
  refresh_token_expires_in?: number
  scope: string
}

/** The only mint: everything that works as a code or token is made here. */
export class Issuer {
  readonly #keys: Keys

  constructor(keys: Keys) {
    this.#keys = keys
  }

  /** The tokens of a grant, from the facts that a transition fixed. */
  grantTokens(grant_id: string, minting: Minting, now: number): TokenResponse {
    const { profile, issued_at, access_expires_at, scope, refresh } = minting
    const access_token = makeAccessToken(this.#keys, {
      grant_id,
      profile,
      issued_at,
      expires_at: access_expires_at,
      jti: randomText(12),
    })
    const response: TokenResponse = {
      access_token,
      token_type: 'Bearer',
      expires_in: access_expires_at - now,
      scope,
    }
    if (refresh !== undefined) {
      response.refresh_token = makeRefreshToken(this.#keys, { grant_id, generation: refresh.generation })
      response.refresh_token_expires_in = refresh.expires_at - now
    }
    return response
  }

  /** A token for the client itself (RFC 6749 §4.4): complete in itself, nothing is stored. */
  clientToken(client: Client, scope: string, now: number): TokenResponse {
    const { client_id, lifetimes } = client
    const expires_at = now + lifetimes.access_token_ttl
    const facts = { client_id, scope, issued_at: now, expires_at, jti: randomText(12) }
    return {
      access_token: makeClientToken(this.#keys, facts),
      token_type: 'Bearer',
      expires_in: lifetimes.access_token_ttl,
      scope,
    }
  }

  /** A code for a grant that waits to be redeemed. */
  code(grant_id: string, request: CodeRequest, expires_at: number): string {
    return makeCode(this.#keys, {
      grant_id,
      expires_at,
      redirect_uri_sent: request.redirect_uri_sent,
      redirect_uri_digest: hash('sha256', request.redirect_uri, 'buffer'),
      challenge_digest: request.challenge_digest,
    })
  }
}

/** What a code remembers of its authorization request. */
export interface CodeRequest {
  redirect_uri: string
  redirect_uri_sent: boolean
  challenge_digest: Buffer | undefined
}
