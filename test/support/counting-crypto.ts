import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { TestContext } from 'node:test'
import bcrypt from 'bcrypt'

/** What proofs are made of, and which functions make them. */
const COUNTED = {
  hmacs: [[crypto, 'createHmac']],
  hashes: [
    [crypto, 'hash'],
    [crypto, 'createHash'],
  ],
  signatures: [
    [crypto, 'sign'],
    [crypto, 'createSign'],
    [crypto.webcrypto.subtle, 'sign'],
  ],
  verifications: [
    [crypto, 'verify'],
    [crypto, 'createVerify'],
    [crypto.webcrypto.subtle, 'verify'],
  ],
  derivations: [
    [crypto, 'hkdfSync'],
    [crypto, 'createSecretKey'],
    [crypto.webcrypto.subtle, 'importKey'],
  ],
  passwords: [
    [bcrypt, 'compare'],
    [bcrypt, 'hash'],
    [crypto, 'argon2'],
  ],
} as const

export type Proof = keyof typeof COUNTED

/**
 * Counts the calls of the functions that proofs are made of, wherever in the process they are called from, as long as the
 * test runs. What it gives is the counts since it was asked last.
 */
export function countingCrypto(t: TestContext): () => Record<Proof, number> {
  const none = () =>
    Object.fromEntries(Object.keys(COUNTED).map((kind) => [kind, 0])) as Record<Proof, number>
  let counts = none()
  for (const [kind, functions] of Object.entries(COUNTED)) {
    for (const [owner, name] of functions) {
      const real = Reflect.get(owner, name)
      Reflect.set(owner, name, function (this: unknown, ...parameters: unknown[]) {
        counts[kind as Proof]++
        return Reflect.apply(real, this, parameters)
      })
      t.after(() => {
        Reflect.set(owner, name, real)
        syncBuiltinESMExports()
      })
    }
  }
  // Modules have imported the functions by name already.
  syncBuiltinESMExports()
  return () => {
    const counted = counts
    counts = none()
    return counted
  }
}
