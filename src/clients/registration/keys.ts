import type { JSONWebKeySet, JWK } from 'jose'
import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { ClientKeys } from '../client.ts'
import { MAX_KEYS, readPublicKey } from '../public-keys.ts'
import type { Rules } from '../rules.ts'
import { HTTPS_URL, isHttpsUrl } from './https-url.ts'

type Entry = Pick<
  ClientEntry,
  | 'token_endpoint_auth_method'
  | 'token_endpoint_auth_signing_alg'
  | 'jwks'
  | 'jwks_uri'
  | 'require_issuer_audience'
>

/** The keys of a client with `private_key_jwt`; undefined for every other (RFC 7591 §2, RFC 7523 §2.2). */
export function readKeys(
  entry: Entry,
  { plainHttp }: Pick<Rules, 'plainHttp'>,
  fail: Fail,
): ClientKeys | undefined {
  const { token_endpoint_auth_signing_alg, jwks, jwks_uri, require_issuer_audience } = entry
  if (entry.token_endpoint_auth_method !== 'private_key_jwt') {
    const given = { token_endpoint_auth_signing_alg, jwks, jwks_uri, require_issuer_audience }
    for (const [name, value] of Object.entries(given))
      if (value !== undefined) fail(name, 'needs token_endpoint_auth_method: private_key_jwt')
    return undefined
  }
  // RFC 7591 §2: jwks_uri and jwks MUST NOT both be present.
  if (jwks !== undefined && jwks_uri !== undefined) fail('jwks_uri', 'contradicts jwks; remove one of them')
  return {
    source:
      jwks === undefined ? { jwks_uri: address(jwks_uri, plainHttp, fail) } : { jwks: keySet(jwks, fail) },
    ...(token_endpoint_auth_signing_alg && { signing_alg: token_endpoint_auth_signing_alg }),
    issuer_audience: require_issuer_audience ?? false,
  }
}

function address(uri: string | undefined, plainHttp: boolean, fail: Fail): string {
  if (uri === undefined) return fail('token_endpoint_auth_method', 'private_key_jwt needs jwks or jwks_uri')
  // Whoever can change what is read there is the client.
  if (!isHttpsUrl(uri, () => plainHttp))
    fail('jwks_uri', `${HTTPS_URL}; http only with ALLOW_PRIVATE_ADDRESSES`)
  return uri
}

function keySet({ keys }: { keys: readonly unknown[] }, fail: Fail): JSONWebKeySet {
  if (keys.length > MAX_KEYS) fail('jwks', `has more than ${MAX_KEYS} keys`)
  const usable = keys.flatMap((jwk, at): JWK[] => {
    const read = readPublicKey(jwk)
    if ('problem' in read) fail(`jwks/keys/${at}`, read.problem)
    return 'key' in read ? [read.key] : []
  })
  if (usable.length === 0) fail('jwks', 'has no key that verifies signatures')
  return { keys: usable }
}
