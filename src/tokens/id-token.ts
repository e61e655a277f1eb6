import { hash } from 'node:crypto'
import type { Client } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { grantableScope } from '../grants/admission.ts'
import type { Grant } from '../grants/grant.ts'
import { acrOf } from '../protocol/acr.ts'
import type { SigningAlgorithm } from '../protocol/algorithms.ts'
import { LIST_CLAIMS, type ScopeClaims } from '../protocol/claims.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { User } from '../users/user.ts'
import { fitClaims, ownClaims, pickClaims } from './person-claims.ts'

/** Who logged in, and how. */
export type Authentication = Pick<Grant, 'sid' | 'auth_time' | 'amr' | 'claims'>

/** What the ID token is sent with; codes, access tokens and `state` are bound to it by digest. */
export interface Companions {
  nonce?: string | undefined
  access_token?: string | undefined
  code?: string | undefined
  state?: string | undefined
  /** A scope whose claims are in the ID token itself. */
  scope?: string | undefined
}

/** Issues an ID token (OpenID Connect Core §2). `now` in seconds. */
export type IssueIdToken = (
  about: { client: Client; user: User; grant: Authentication },
  companions: Companions,
  now: number,
) => Promise<string>

/** Issues ID tokens that live `ttl` seconds. */
export function idTokenIssuer(context: {
  signing: SigningKeys
  subjects: Subjects
  issuer: string
  ttl: number
  scopes: ScopeClaims
  /** Is told which own claims of a client's people were left out because they are too large. */
  leftOut: (client_id: string, names: readonly string[]) => void
}): IssueIdToken {
  const { signing, subjects, issuer, ttl, scopes, leftOut } = context
  return async ({ client, user, grant }, companions, now) => {
    const { sid, auth_time, amr, claims } = grant
    const alg = client.id_token_signed_response_alg
    const { nonce, access_token, code, state, scope = '' } = companions
    // Of the claims asked for by name only what the client may ask for, and the person grant, today: the grant may be older.
    const named = scopes.within(claims?.id_token ?? [], grantableScope(client.scope, user))
    const names = [...scopes.ofScope(scope), ...named]
    const about = pickClaims(client, user, names)
    const left = fitClaims(about, ownNames(client, names))
    if (left.length > 0) leftOut(client.client_id, left)
    return signing.sign(alg, 'JWT', {
      ...about,
      iss: issuer,
      sub: subjects.of(client, user.sub),
      aud: client.client_id,
      exp: now + ttl,
      iat: now,
      auth_time,
      acr: acrOf(amr),
      amr: [...amr],
      sid: subjects.sid(client, sid),
      ...(nonce !== undefined && { nonce }),
      ...(access_token !== undefined && { at_hash: halfHash(alg, access_token) }),
      ...(code !== undefined && { c_hash: halfHash(alg, code) }),
      ...(state !== undefined && { s_hash: halfHash(alg, state) }),
    })
  }
}

// What this client calls the claims that may be left out: groups and roles decide who gets in.
function ownNames(client: Client, names: readonly string[]): readonly string[] {
  const may = ownClaims(names).filter((name) => !LIST_CLAIMS.some((list) => list === name))
  return may.map((name) => client.claim_names[name] ?? name)
}

// OpenID Connect Core §3.1.3.6: the left half of the digest, by the hash function of the signature. Ed25519's is SHA-512.
function halfHash(alg: SigningAlgorithm, text: string): string {
  const digest = hash(alg === 'EdDSA' ? 'sha512' : 'sha256', text, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
