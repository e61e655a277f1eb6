import { hash, timingSafeEqual } from 'node:crypto'
import { Busy, type PasswordQueue } from '../passwords/password-queue.ts'
import type { Keys } from '../secrets/keys.ts'

/** Something a client's secret can be checked against. */
export interface ClientSecret {
  /** Whether `secret` is the client's. May throw `Busy`. */
  verify(secret: string): boolean | Promise<boolean>
  /** Whether that takes a hash of tens of milliseconds now; it does not if absent. */
  isSlow?(): boolean
  /** Whether it may be one that somebody finds by trying. */
  readonly guessable: boolean
}

// Written and compared without a pause between, so that one buffer is enough for all.
const presented = Buffer.alloc(64)

// Characters. What has as many was not made up to be remembered; `openssl rand -hex 32` writes twice as many.
const BEYOND_GUESSING = 32

/** A secret that is configured in clear: kept as SHA-256, compared in constant time. */
export function plainSecret(secret: string): ClientSecret {
  return { ...digestedSecret(digestOf(secret)), guessable: secret.length < BEYOND_GUESSING }
}

/** The SHA-256 (hexadecimal) that is kept of a secret. Only of one that nobody can guess, for it takes no time to try. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}

/** A secret of which its SHA-256 (hexadecimal) is kept; compared in constant time. */
export function digestedSecret(digest: string): ClientSecret {
  const expected = Buffer.from(digest, 'latin1')
  return {
    // 256 random bits, or no digest would be kept.
    guessable: false,
    verify(given) {
      // As text, then into the one buffer: four times as fast as asking for the bytes.
      presented.write(digestOf(given), 'latin1')
      return timingSafeEqual(presented, expected)
    },
  }
}

// Hashes of one client that may wait: a flood of wrong secrets for one must leave the queue to the others.
const AT_ONCE = 4
// Wrong secrets of one hash that are remembered.
const MAX_WRONG = 64

/**
 * A secret configured as a slow hash. It is computed until the right secret was seen once; from then on its
 * keyed digest decides, so that a token request does not cost 60 ms for the rest of the process. Nor does the same wrong
 * secret cost that twice, or the same one at the same time.
 */
export function hashedSecret(secretHash: string, queue: PasswordQueue, keys: Keys): ClientSecret {
  let known: Buffer | undefined
  // What is wrong for a hash stays wrong.
  const wrong = new Set<string>()
  const waiting = new Map<string, Promise<boolean>>()
  return {
    isSlow: () => known === undefined,
    guessable: true,
    verify(secret) {
      const digest = keys.sign('client_secret', `${secretHash} ${secret}`)
      if (known !== undefined) return timingSafeEqual(digest, known)
      const name = digest.toString('base64url')
      return wrong.has(name) ? false : (waiting.get(name) ?? hashed(secret, { digest, name }))
    },
  }

  function hashed(secret: string, { digest, name }: { digest: Buffer; name: string }): Promise<boolean> {
    if (waiting.size >= AT_ONCE) return Promise.reject(new Busy('too many secrets of one client are waiting'))
    const verified = queue
      .verify(secret, secretHash)
      .then((matches) => {
        if (matches) known = digest
        else if (wrong.size < MAX_WRONG) wrong.add(name)
        return matches
      })
      .finally(() => waiting.delete(name))
    waiting.set(name, verified)
    return verified
  }
}

/** Makes the secrets of slow hashes, each once. */
export interface HashedSecrets {
  of(secretHash: string): ClientSecret
  /** Those that it has made. */
  readonly made: ReadonlyMap<string, ClientSecret>
}

/**
 * Takes those that are there from `earlier`, of a configuration before: what a hash has told once stays known when
 * another one is applied.
 */
export function hashedSecrets(
  queue: PasswordQueue,
  keys: Keys,
  earlier: ReadonlyMap<string, ClientSecret> = new Map(),
): HashedSecrets {
  const made = new Map<string, ClientSecret>()
  return {
    of(secretHash) {
      const secret = made.get(secretHash) ?? earlier.get(secretHash) ?? hashedSecret(secretHash, queue, keys)
      made.set(secretHash, secret)
      return secret
    },
    made,
  }
}

/** One of several secrets of a client. */
export interface NamedSecret {
  secret: ClientSecret
  /** Seconds: from then on it is none any more; undefined if it has no end. */
  until: number | undefined
}

/**
 * Several secrets that are good side by side, so that a client can be given the next one before the last one ends. One that
 * nobody uses yet must not cost a hash at each request: those whose check takes time are asked only if no other one is right.
 * `now` in seconds.
 */
export function severalSecrets(secrets: readonly NamedSecret[], now: () => number): ClientSecret {
  return {
    guessable: secrets.some(({ secret }) => secret.guessable),
    verify(given) {
      const at = now()
      const living = secrets.flatMap(({ secret, until }) =>
        until === undefined || until > at ? [secret] : [],
      )
      const slow = living.filter((secret) => secret.isSlow?.())
      if (living.some((secret) => !slow.includes(secret) && secret.verify(given) === true)) return true
      return slow.length === 0 ? false : anyOf(slow, given)
    },
  }
}

// One after the other, so that one client has few hashes waiting. One that could not be looked at counts only if no other
// one is right.
async function anyOf(secrets: readonly ClientSecret[], given: string): Promise<boolean> {
  let failed: unknown
  for (const secret of secrets) {
    try {
      if (await secret.verify(given)) return true
    } catch (error) {
      failed = error
    }
  }
  if (failed !== undefined) throw failed
  return false
}
