import { hash, timingSafeEqual } from 'node:crypto'
import { type BcryptQueue, Busy } from '../passwords/bcrypt-queue.ts'
import type { Keys } from '../secrets/keys.ts'

/** Something a client's secret can be checked against. */
export interface ClientSecret {
  /** Whether `secret` is the client's. May throw `Busy`. */
  verify(secret: string): boolean | Promise<boolean>
}

// Written and compared without a pause between, so that one buffer is enough for all.
const presented = Buffer.alloc(64)

/** A secret that is configured in clear: kept as SHA-256, compared in constant time. */
export function plainSecret(secret: string): ClientSecret {
  const expected = Buffer.from(hash('sha256', secret, 'hex'), 'latin1')
  return {
    verify(given) {
      // As text, then into the one buffer: four times as fast as asking for the bytes.
      presented.write(hash('sha256', given, 'hex'), 'latin1')
      return timingSafeEqual(presented, expected)
    },
  }
}

// Hashes of one client that may wait: a flood of wrong secrets for one must leave the queue to the others.
const AT_ONCE = 4

/**
 * A secret configured as a bcrypt hash. bcrypt runs until the right secret was seen once; from then on its
 * keyed digest decides, so that a token request does not cost 60 ms for the rest of the process.
 */
export function hashedSecret(secretHash: string, queue: BcryptQueue, keys: Keys): ClientSecret {
  let known: Buffer | undefined
  let waiting = 0
  const digest = (secret: string) => keys.sign('client_secret', `${secretHash} ${secret}`)
  return {
    async verify(secret) {
      if (known !== undefined) return timingSafeEqual(digest(secret), known)
      if (waiting >= AT_ONCE) throw new Busy('too many secrets of one client are waiting')
      waiting++
      try {
        if (!(await queue.verify(secret, secretHash))) return false
      } finally {
        waiting--
      }
      known = digest(secret)
      return true
    },
  }
}
