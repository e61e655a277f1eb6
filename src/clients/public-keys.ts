import { createPublicKey } from 'node:crypto'
import type { JWK } from 'jose'
import { ASSERTION_ALGORITHMS } from '../protocol/algorithms.ts'

/** Keys that one client may have: each of them is one more that a signature may have to be tried with. */
export const MAX_KEYS = 20

// What makes a key private (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2), or a secret (§6.4.1).
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
// Bits. RFC 7518 §3.3 asks for 2048 at least; a larger modulus than the other only makes each signature dear for us.
const RSA_BITS = { least: 2048, most: 8192 }
// What is usual, 65537, has three bytes. A long exponent makes a verification as dear as a signature.
const RSA_EXPONENT = /^[\w-]{1,6}$/
const EDWARDS = ['EdDSA', 'Ed25519']

/**
 * A key as it is kept, or why it is not: the words go on from the key, and repeat nothing of it. `unknown`: there is nothing wrong with
 * it, but that no signature of its kind is known here.
 */
export type ReadKey = { key: JWK } | { problem: string; unknown?: true } | { otherUse: true }

/** Reads a key of a set (RFC 7517 §4) that is to verify signatures. Members that nothing asks for are left out. */
export function readPublicKey(jwk: unknown): ReadKey {
  if (typeof jwk !== 'object' || jwk === null) return { problem: 'is not a JSON Web Key' }
  const given = jwk as Record<string, unknown>
  if (PRIVATE.some((name) => Object.hasOwn(given, name)))
    return { problem: 'is a private key or a secret: only the public part may be here; make a new key' }
  if (isForSomethingElse(given)) return { otherUse: true }
  const { kty, crv, kid, alg } = given
  const algorithms = algorithmsOf(kty, crv)
  if (algorithms.length === 0)
    return {
      problem: 'is none of RSA, EC of the curves P-256 and P-384, and OKP of the curve Ed25519',
      unknown: true,
    }
  if (alg !== undefined && !algorithms.includes(alg as string))
    return { problem: `has another alg than ${algorithms.join(', ')}` }
  if (kid !== undefined && typeof kid !== 'string') return { problem: 'has a kid that is not text' }
  const key = { ...publicPart(given), ...(kid !== undefined && { kid }), ...algOf(alg) }
  const problem = numbersProblem(key)
  return problem === undefined ? { key } : { problem }
}

// RFC 7517 §4.2, §4.3. Sets of clients have keys to encrypt to beside those that sign.
function isForSomethingElse({ use, key_ops }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return true
  return key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))
}

function algorithmsOf(kty: unknown, crv: unknown): readonly string[] {
  if (kty === 'RSA') return ASSERTION_ALGORITHMS.filter((alg) => /^[RP]S/.test(alg))
  if (kty === 'EC') return crv === 'P-256' ? ['ES256'] : crv === 'P-384' ? ['ES384'] : []
  return kty === 'OKP' && crv === 'Ed25519' ? EDWARDS : []
}

function publicPart({ kty, crv, n, e, x, y }: Record<string, unknown>): JWK {
  if (kty === 'RSA') return { kty, n, e } as JWK
  return (kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }) as JWK
}

// Both names of Ed25519 mean the same (RFC 9864 §2.2), so a key with one of them is good for the other.
function algOf(alg: unknown): Pick<JWK, 'alg'> {
  return typeof alg === 'string' && !EDWARDS.includes(alg) ? { alg } : {}
}

function numbersProblem(key: JWK): string | undefined {
  try {
    const { asymmetricKeyDetails = {} } = createPublicKey({ key, format: 'jwk' })
    if (key.kty !== 'RSA') return undefined
    const { modulusLength: bits = 0 } = asymmetricKeyDetails
    if (bits < RSA_BITS.least || bits > RSA_BITS.most)
      return `has ${bits} bits; an RSA key needs ${RSA_BITS.least} to ${RSA_BITS.most}`
    return RSA_EXPONENT.test(key.e ?? '') ? undefined : 'has an exponent that is too long; 65537 is usual'
  } catch {
    return 'has numbers that make no key'
  }
}
