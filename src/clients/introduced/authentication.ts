import type { JSONWebKeySet, JWK } from 'jose'
import { ASSERTION_ALGORITHMS, type AssertionAlgorithm } from '../../protocol/algorithms.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { isLoopbackRedirect } from '../../protocol/redirect-uri.ts'
import { MAX_KEYS, readPublicKey } from '../public-keys.ts'

/** How a client that introduced itself authenticates. */
export interface NarrowedAuthentication {
  readonly token_endpoint_auth_method: (typeof METHODS)[number]
  /** Both methods, if it may sign or not (OpenID Connect RP Metadata Choices 1.0). */
  readonly token_endpoint_auth_methods_supported?: readonly ['private_key_jwt', 'none']
  readonly token_endpoint_auth_signing_alg?: AssertionAlgorithm
  readonly jwks?: JSONWebKeySet
  readonly jwks_uri?: string
}

// The first that a client offers is taken, if it does not say which it means.
const METHODS = ['private_key_jwt', 'none', 'client_secret_basic', 'client_secret_post'] as const
const OF_DOCUMENTS: readonly string[] = METHODS.slice(0, 2)
const MAX_URI = 500

type Given = Readonly<Record<string, unknown>>

/**
 * Chooses among the methods that a client offers (OpenID Connect RP Metadata Choices 1.0 §2): `private_key_jwt` if it says where its
 * keys are; else the one that it names; else none. `kind`: whether there can be a secret. Throws `OAuthError`.
 */
export function narrowedAuthentication(
  given: Given,
  kind: 'registration' | 'document',
): NarrowedAuthentication {
  const named = given.token_endpoint_auth_method ?? undefined
  const possible = METHODS.filter((one) => kind === 'registration' || OF_DOCUMENTS.includes(one))
  const hasKeys = isThere(given.jwks) || isThere(given.jwks_uri)
  const list = listed(given.token_endpoint_auth_methods_supported)
  const unsaid = kind === 'registration' ? ['client_secret_basic'] : ofDocument(list, hasKeys)
  const offered = new Set([...list, ...(named === undefined ? unsaid : [named])])
  const usable = possible.filter((one) => offered.has(one) && (one !== 'private_key_jwt' || hasKeys))
  if (usable.length === 0) {
    if (offered.has('private_key_jwt')) throw wrong('private_key_jwt needs jwks or jwks_uri')
    throw wrong(`token_endpoint_auth_method is one of ${possible.join(', ')}`)
  }
  if (usable[0] === 'private_key_jwt')
    return {
      token_endpoint_auth_method: 'private_key_jwt',
      ...(usable.includes('none') && { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }),
      ...algorithmOf(given),
      ...keysOf(given),
    }
  const method = usable.find((one) => one === named) ?? (usable[0] as (typeof METHODS)[number])
  return { token_endpoint_auth_method: method }
}

// What a document offers that names no method. RFC 7591 §2 has a secret then, which nobody can have by a document: with keys it may sign, or
// not, unless it lists what it can do. Who lists keys alone must never come in without.
function ofDocument(list: readonly unknown[], hasKeys: boolean): readonly unknown[] {
  if (list.length > 0) return []
  return hasKeys ? ['private_key_jwt', 'none'] : ['none']
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

// Of several any is good, as without one: a client with a document hears of no choice. One that we do not know is left out.
function algorithmOf(given: Given): Pick<NarrowedAuthentication, 'token_endpoint_auth_signing_alg'> {
  const offered = new Set([
    given.token_endpoint_auth_signing_alg,
    ...listed(given.token_endpoint_auth_signing_alg_values_supported),
  ])
  const [known, ...others] = ASSERTION_ALGORITHMS.filter((one) => offered.has(one))
  return known === undefined || others.length > 0 ? {} : { token_endpoint_auth_signing_alg: known }
}

function keysOf({ jwks, jwks_uri }: Given): Pick<NarrowedAuthentication, 'jwks' | 'jwks_uri'> {
  if (isThere(jwks) && isThere(jwks_uri))
    throw wrong('jwks and jwks_uri contradict each other; send one of them')
  if (!isThere(jwks)) return { jwks_uri: addressOf(jwks_uri) }
  const { keys } = (typeof jwks === 'object' ? jwks : {}) as { keys?: unknown }
  if (!Array.isArray(keys)) throw wrong('jwks is not a JSON Web Key Set')
  if (keys.length > MAX_KEYS) throw wrong(`jwks has more than ${MAX_KEYS} keys`)
  const usable = keys.flatMap((jwk, at): JWK[] => {
    const read = readPublicKey(jwk)
    // RFC 7517 §5: a key of a newer kind, beside one that is known, is no reason to refuse.
    if ('problem' in read && !read.unknown) throw wrong(`jwks.keys[${at}] ${read.problem}`)
    return 'key' in read ? [read.key] : []
  })
  if (usable.length === 0) throw wrong('jwks has no key that verifies signatures')
  return { jwks: { keys: usable } }
}

// Whether it can be reached is another question, for when it is asked.
function addressOf(uri: unknown): string {
  const url = typeof uri === 'string' && /^[\x21-\x7E]+$/.test(uri) ? URL.parse(uri) : null
  const own = url !== null && isLoopbackRedirect(url.href)
  if (url === null || !(url.protocol === 'https:' || own) || url.username !== '' || url.password !== '')
    throw wrong('jwks_uri must be an https URL without user information')
  if (url.href.length > MAX_URI) throw wrong(`jwks_uri has more than ${MAX_URI} characters`)
  return url.href
}

function wrong(message: string): OAuthError {
  return new OAuthError('invalid_client_metadata', message)
}
