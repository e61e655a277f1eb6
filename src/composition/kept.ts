import { isDeepStrictEqual } from 'node:util'
import type { ClientRegistry } from '../clients/registry.ts'
import type { RemoteKeySets } from '../clients/remote-key-sets.ts'
import { type HashedSecrets, hashedSecrets } from '../clients/secret.ts'
import type { Config } from '../config/config.ts'
import { PasswordQueue } from '../passwords/password-queue.ts'
import type { RegistrationKeys } from '../registry/registration-keys.ts'
import type { Registry } from '../registry/registry.ts'
import { Keys } from '../secrets/keys.ts'
import { randomText } from '../secrets/random.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { SecretGuesses } from '../throttle/secret-guesses.ts'

/** What a process knows and bounds beyond its configuration: it goes on when another one is applied. */
export interface Kept {
  config: Config
  keys: Keys
  clients: ClientRegistry
  signing: SigningKeys
  hashed: HashedSecrets
  keySets: RemoteKeySets
  strangersKeySets: RemoteKeySets
  guesses: SecretGuesses
  queues: Queues
  /** Absent if the store keeps nothing. */
  registry: Registry | undefined
  registrationKeys: RegistrationKeys
}

/** Slow hashes of people, and of clients. */
export interface Queues {
  people: PasswordQueue
  clients: PasswordQueue
}

// Hashes run on the process' pool of four threads: three at most, one of them for clients, so that neither a
// flood of logins nor one of wrong client secrets starves the other, or DNS and files. What they take of memory is three
// times what the largest of them takes.
const PEOPLE = { concurrency: 2, limit: 64 }
const CLIENTS = { concurrency: 1, limit: 64 }

/** What rooms begin with: of `before` what is still true under `config`. */
export function beginWith(
  config: Config,
  before: Kept | undefined,
): Pick<Kept, 'keys' | 'hashed' | 'queues'> &
  Partial<Pick<Kept, 'signing' | 'keySets' | 'strangersKeySets' | 'guesses' | 'registrationKeys'>> {
  // What was sealed and digested with other keys is worth nothing.
  const same = before !== undefined && hasSameKeys(before.config, config) ? before : undefined
  const { secretKeys, issuer, env } = config
  const keys = same?.keys ?? new Keys(secretKeys.length > 0 ? secretKeys : [randomText(32)], issuer)
  // The threads are the process': two configurations side by side have no more of them.
  const queues = before?.queues ?? { people: new PasswordQueue(PEOPLE), clients: new PasswordQueue(CLIENTS) }
  const hashed = hashedSecrets(queues.clients, keys, same?.hashed.made)
  const sameVault = same?.config.env.SIGNING_KEYS_FILE === env.SIGNING_KEYS_FILE
  // What may be asked, and how, is fixed when they are made.
  const sameOutbound = before?.config.env.ALLOW_PRIVATE_ADDRESSES === env.ALLOW_PRIVATE_ADDRESSES
  return {
    ...{ keys, hashed, queues },
    signing: sameVault ? same?.signing : undefined,
    registrationKeys: same?.registrationKeys,
    keySets: sameOutbound ? before?.keySets : undefined,
    strangersKeySets: same?.strangersKeySets,
    guesses: same?.guesses,
  }
}

function hasSameKeys(one: Config, other: Config): boolean {
  return one.issuer === other.issuer && isDeepStrictEqual(one.secretKeys, other.secretKeys)
}
