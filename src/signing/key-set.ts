import type { JSONWebKeySet, JWK } from 'jose'
import type { SigningAlgorithm } from '../protocol/algorithms.ts'

/** A private key (RFC 7517) with two members of our own, which readers of a JWK set ignore. */
export interface SigningKey extends JWK {
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** Seconds: published before, signs from then on. Absent for a key that the operator made: it signs at once. */
  readonly signs_from?: number
}

/** All keys, those that wait and those that are retired too. */
export type KeySet = readonly SigningKey[]

/** What rotation goes by, in seconds. */
export interface RotationPlan {
  algorithms: readonly SigningAlgorithm[]
  /** How long a key signs; 0 for no schedule. */
  every: number
  /** How long a retired key stays published: as long as what it signed can live. */
  keep: number
}

/**
 * Seconds from a key's publication to its first signature: longer than any node takes to see it, and than the
 * document may be cached.
 */
export const LEAD = 3600

/** The key that signs now, or undefined if there is none for this algorithm. */
export function currentKey(set: KeySet, alg: SigningAlgorithm, now: number): SigningKey | undefined {
  const keys = ofAlgorithm(set, alg)
  // Before the first one's time (a clock behind the maker's) it signs all the same: there is no other.
  return keys.findLast((key) => (key.signs_from ?? 0) <= now) ?? keys[0]
}

/** The algorithms that need a new key now: for want of any, or by schedule. */
export function wanting(set: KeySet, { algorithms, every }: RotationPlan, now: number): SigningAlgorithm[] {
  return algorithms.filter((alg) => {
    const newest = ofAlgorithm(set, alg).at(-1)
    if (newest === undefined) return true
    return every > 0 && newest.signs_from !== undefined && newest.signs_from + every - LEAD <= now
  })
}

/** When a key that is made now signs: at once if it is the first, else when everybody has seen it. */
export function signsFrom(set: KeySet, alg: SigningAlgorithm, now: number): number {
  return ofAlgorithm(set, alg).length === 0 ? now : now + LEAD
}

/** The set with `fresh`, but no second key that waits for its time: rotating twice is rotating once. */
export function rotated(set: KeySet, fresh: KeySet, plan: RotationPlan, now: number): KeySet {
  const waits = (alg: SigningAlgorithm) => (ofAlgorithm(set, alg).at(-1)?.signs_from ?? 0) > now
  return pruned([...set, ...fresh.filter((key) => !waits(key.alg))], plan, now)
}

/** The set with those of `fresh` that are still wanted, without keys whose last signature has expired. */
export function withFresh(set: KeySet, fresh: KeySet, plan: RotationPlan, now: number): KeySet {
  const wanted = new Set(wanting(set, plan, now))
  return pruned([...set, ...fresh.filter((key) => wanted.has(key.alg))], plan, now)
}

/**
 * The set without one key, at once, for it has leaked. If it signs now, the one that waits takes its place, or else `fresh`: never
 * a retired one, which may have leaked with it. The same object if there is no such key.
 */
export function revoked(set: KeySet, kid: string, fresh: SigningKey, now: number): KeySet {
  const gone = set.find((key) => key.kid === kid)
  if (gone === undefined) return set
  const left = set.filter((key) => key !== gone)
  if (currentKey(set, gone.alg, now) !== gone) return left
  const next = ofAlgorithm(left, gone.alg).find((key) => (key.signs_from ?? 0) > now)
  if (next === undefined) return [...left, { ...fresh, signs_from: now }]
  return left.map((key) => (key === next ? { ...key, signs_from: now } : key))
}

/** A key, and what it does now. `at` in seconds: when it begins to sign, or is published no more. */
export interface KeyState {
  key: SigningKey
  state: 'signs' | 'waits' | 'retired'
  at?: number
}

/** What each key of a set does now, by algorithm and age. */
export function statesOf(set: KeySet, { keep }: RotationPlan, now: number): KeyState[] {
  const algorithms = [...new Set(set.map(({ alg }) => alg))]
  return algorithms.flatMap((alg) => {
    const keys = ofAlgorithm(set, alg)
    const current = currentKey(set, alg, now)
    return keys.map((key, at): KeyState => {
      if (key === current) return { key, state: 'signs' }
      if ((key.signs_from ?? 0) > now) return { key, state: 'waits', at: key.signs_from ?? now }
      return { key, state: 'retired', at: (keys[at + 1]?.signs_from ?? now) + keep }
    })
  })
}

/** The set without keys that were retired longer than `keep` ago; the same object if there are none. */
export function pruned(set: KeySet, { keep }: RotationPlan, now: number): KeySet {
  const living = set.filter((key) => {
    const keys = ofAlgorithm(set, key.alg)
    const successor = keys[keys.indexOf(key) + 1]
    return successor === undefined || (successor.signs_from ?? now) + keep > now
  })
  return living.length === set.length ? set : living
}

/**
 * What of a key is published. Named member by member: one that is not public can never slip out.
 */
export function publicPart({ kty, kid, alg, n, e, crv, x, y }: SigningKey): JSONWebKeySet['keys'][number] {
  const members = { kty, kid, alg, use: 'sig', n, e, crv, x, y }
  return JSON.parse(JSON.stringify(members))
}

function ofAlgorithm(set: KeySet, alg: SigningAlgorithm): SigningKey[] {
  return set
    .filter((key) => key.alg === alg)
    .sort((one, other) => (one.signs_from ?? 0) - (other.signs_from ?? 0))
}
