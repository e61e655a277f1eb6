import type { Keys } from '../secrets/keys.ts'
import type { Store } from '../store/store.ts'
import { network } from './network.ts'
import { remaining, WINDOW } from './wait.ts'

/** A secret that somebody presents as a client's. */
export interface SecretGuess {
  client_id: string
  /** The IP address that it came from. */
  address: string
  secret: string
  /** Whether the client's own may be one that somebody finds by trying. */
  guessable: boolean
}

interface Failures {
  count: number
  expires_at: number
  /** Digests of the wrong secrets that are counted, as far back as there is room. */
  seen: Set<string>
}

// Different wrong secrets that have no consequence: instances of one client come from one address, and each may have one
// from another place.
const FREE = 20
// Seconds. For that long after a right secret an address is one at which the client is known.
const KNOWN_FOR = 86_400
// Of each kind that this process remembers; the oldest give way. Beyond the other one the waits are too long for more.
const MAX_REMEMBERED = 5000
const MAX_SEEN = 32

/**
 * Counts the wrong secrets of a client, for each address apart: what others try makes nobody wait. The same wrong secret
 * again is no further guess, so an instance that was left with an old one does not lock out those beside it. Counted in
 * the store, for all nodes; what a right secret needs is in this process, so that it waits for no store.
 */
export class SecretGuesses {
  readonly #store: Store
  readonly #keys: Keys
  // By the network and the client: the one that failed longest ago is the first.
  readonly #failures = new Map<string, Failures>()
  // By the address and the client: seconds of a right secret, at most a minute old while there are more.
  readonly #known = new Map<string, number>()

  constructor(store: Store, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  /** Seconds until a secret of this client from there should be looked at, as far as this process knows. */
  wait({ client_id, address }: SecretGuess, now: number): number {
    // Nearly always: every request with a secret passes here.
    if (this.#failures.size === 0) return 0
    const failures = this.#failures.get(`${network(address)} ${client_id}`)
    if (failures === undefined || failures.expires_at <= now) return 0
    return remaining(failures, FREE, now)
  }

  /** Whether the client has been there lately, with its secret. */
  isKnown({ client_id, address }: SecretGuess, now: number): boolean {
    return (this.#known.get(`${address} ${client_id}`) ?? Number.NEGATIVE_INFINITY) > now - KNOWN_FOR
  }

  /** Notes that the secret was right. */
  right({ client_id, address }: SecretGuess, now: number): void {
    const place = `${address} ${client_id}`
    if ((this.#known.get(place) ?? Number.NEGATIVE_INFINITY) > now - 60) return
    remember(this.#known, place, now)
  }

  /**
   * Counts a secret that was wrong: one that could have been right for all nodes. What the store cannot count now, and what no
   * guess can find, this process counts alone: strangers can register clients without end, and fill the store with them.
   */
  async wrong({ client_id, address, secret, guessable }: SecretGuess, now: number): Promise<void> {
    const place = `${network(address)} ${client_id}`
    const before = this.#failures.get(place)
    const failures =
      before !== undefined && before.expires_at > now
        ? before
        : { count: 0, expires_at: 0, seen: new Set<string>() }
    const digest = this.#digest('wrong secret', client_id, secret).toString('base64url', 0, 12)
    if (failures.seen.has(digest)) return
    failures.seen.add(digest)
    const [oldest] = failures.seen
    if (failures.seen.size > MAX_SEEN && oldest !== undefined) failures.seen.delete(oldest)
    // At once: of any number of guesses at the same time none is looked at as if there was no other.
    failures.count++
    failures.expires_at = now + WINDOW
    remember(this.#failures, place, failures)
    if (!guessable) return
    const id = this.#digest('wrong secrets', client_id, network(address)).toString('base64url')
    const counted = await this.#store.increment(id, now + WINDOW, now).catch(() => undefined)
    failures.count = Math.max(failures.count, (counted?.count ?? 0) + 1)
  }

  // Keyed: neither a store nor a process' memory is to be a list of what people mistake for secrets.
  #digest(...parts: string[]): Buffer {
    return this.#keys.sign('counter', JSON.stringify(parts))
  }
}

function remember<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name)
  map.set(name, value)
  const [oldest] = map.keys()
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest)
}
