import type { createLocalJWKSet, JSONWebKeySet, JWTVerifyResult } from 'jose'
import { ASSERTION_ALGORITHMS } from '../protocol/algorithms.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ClientKeys, KeySource } from './client.ts'
import type { RemoteKeySets } from './remote-key-sets.ts'

/** Seconds: what the clocks of client and server may differ by. */
export const SKEW = 30

/** An assertion, and whose it is if its signature verifies. */
export interface Signed {
  client_id: string
  keys: ClientKeys
  assertion: string
}

// Loaded at the first assertion: a server whose clients have secrets starts without it.
const jose = () => import('jose')

/**
 * Verifies the signature of an assertion with the client's keys, and the claims that jose knows: `iss` and `sub` are the
 * client, `exp` and `nbf` fit `now` (seconds), `aud`, `exp` and `jti` are there. Throws `invalid_client`, and
 * `KeysUnavailable`.
 */
export async function verifySignature(
  keySets: RemoteKeySets,
  signed: Signed,
  now: number,
): Promise<JWTVerifyResult> {
  const { source } = signed.keys
  if (!('current' in source)) return verifyAt(source, { keySets, signed, now })
  const kept = await source.current(now)
  try {
    return await verifyAt(kept, { keySets, signed, now })
  } catch (error) {
    if (!(error instanceof NoKeyFits)) throw error
    const newer = await source.current(now, kept)
    if (newer === kept) throw error
    return verifyAt(newer, { keySets, signed, now })
  }
}

async function verifyAt(
  source: KeySource,
  { keySets, signed, now }: { keySets: RemoteKeySets; signed: Signed; now: number },
): Promise<JWTVerifyResult> {
  if ('jwks' in source) return verifyWith(source.jwks, signed, now)
  const set = await keySets.read(source.jwks_uri, now)
  try {
    return await verifyWith(set, signed, now)
  } catch (error) {
    if (!(error instanceof NoKeyFits)) throw error
    // Another key may have been published since: of a new kid, of the same, or of none.
    const newer = await keySets.newer(source.jwks_uri, set, now)
    if (newer === undefined) throw error
    return verifyWith(newer, signed, now)
  }
}

const finders = new WeakMap<JSONWebKeySet, ReturnType<typeof createLocalJWKSet>>()

async function verifyWith(set: JSONWebKeySet, signed: Signed, now: number): Promise<JWTVerifyResult> {
  const { createLocalJWKSet, errors, jwtVerify } = await jose()
  const { client_id, assertion } = signed
  const options = {
    ...{ algorithms: algorithmsOf(signed), issuer: client_id, subject: client_id },
    ...{ requiredClaims: ['aud', 'exp', 'jti'], clockTolerance: SKEW, currentDate: new Date(now * 1000) },
  }
  const find = finders.get(set) ?? createLocalJWKSet(set)
  finders.set(set, find)
  const failures: unknown[] = []
  try {
    return await jwtVerify(assertion, find, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw explained(error, signed)
    // Keys without a kid, or several of one: the signature tells which it is.
    for await (const key of error) {
      try {
        return await jwtVerify(assertion, key, options)
      } catch (failure) {
        failures.push(failure)
      }
    }
  }
  const wrong = (error: unknown) => error instanceof errors.JWSSignatureVerificationFailed
  throw explained(failures.find((error) => !wrong(error)) ?? failures[0], signed)
}

function algorithmsOf({ keys: { signing_alg } }: Signed): string[] {
  return signing_alg === undefined ? [...ASSERTION_ALGORITHMS] : [signing_alg]
}

/** None of the keys that are known made the signature. */
class NoKeyFits extends OAuthError {}

// Issuer and subject are right, or the client would not have been found.
const REASONS: Readonly<Record<string, string>> = {
  missing: 'is missing',
  invalid: 'is not a number',
  check_failed: 'is in the future',
}

/** The developer's words for what jose found wrong. What is not jose's is a fault of ours, and stays. */
function explained(error: unknown, signed: Signed): unknown {
  const { client_id } = signed
  const { code, claim = '', reason = '', message: detail } = error as Record<string, string | undefined>
  const refused = (problem: string) => new OAuthError('invalid_client', problem, { client_id, detail })
  switch (code) {
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return refused(`alg of the client assertion must be one of ${algorithmsOf(signed).join(', ')}`)
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return new NoKeyFits(
        'invalid_client',
        'no key of this client fits kid and alg of the client assertion',
        {
          client_id,
        },
      )
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return new NoKeyFits('invalid_client', 'the signature of the client assertion does not verify', {
        client_id,
      })
    case 'ERR_JWT_EXPIRED':
      return refused('the client assertion has expired')
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return refused(`${claim} of the client assertion ${REASONS[reason]}`)
    case 'ERR_JOSE_NOT_SUPPORTED':
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
      return refused('the client assertion is not a JWT that can be verified here')
    default:
      return error
  }
}
