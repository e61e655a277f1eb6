import { isIP, isIPv6 } from 'node:net'
import type { Keys } from '../secrets/keys.ts'
import type { Counter, Store } from '../store/store.ts'

/** Who is guessing, as far as it can be told. */
export interface Attempt {
  /** The user name as typed. */
  username: string
  /** The client's IP address. */
  address: string
  /** The signed browser id, where this browser has logged in to this account before. */
  device: string | undefined
}

// The first failures are free; each further one doubles the wait, up to a quarter of an hour. A counter lives
// for that long after its last failure.
const WINDOW = 900
const FREE = { account: 5, device: 10, address: 50 }

/**
 * Counts failed guesses, per account and per address, and says how long to wait. A known device has a counter
 * of its own instead of both: somebody else's guesses, also from the same address, never lock its owner out,
 * and a stolen device cookie still does not give unlimited guesses. Nothing is written for a success.
 */
export class Throttle {
  readonly #store: Store
  readonly #keys: Keys

  constructor(store: Store, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  /** Seconds to wait before the next guess; 0 for none. `now` in seconds. */
  async wait(attempt: Attempt, now: number): Promise<number> {
    const limits = this.#limitsOf(attempt)
    const counters = await this.#store.counters(
      limits.map((limit) => limit.id),
      now,
    )
    return Math.max(0, ...limits.map((limit, at) => remaining(counters[at], limit.free, now)))
  }

  /** Counts a failed guess. */
  async fail(attempt: Attempt, now: number): Promise<void> {
    await Promise.all(this.#limitsOf(attempt).map((limit) => this.#store.increment(limit.id, WINDOW, now)))
  }

  #limitsOf({ username, address, device }: Attempt): { id: string; free: number }[] {
    const account = username.normalize('NFKC').toLowerCase()
    if (device !== undefined) return [{ id: this.#id('device', account, device), free: FREE.device }]
    return [
      { id: this.#id('account', account), free: FREE.account },
      { id: this.#id('address', network(address)), free: FREE.address },
    ]
  }

  // A keyed digest: what is typed as a user name is often a password, and must not be guessed from a store.
  #id(...parts: string[]): string {
    return this.#keys.sign('counter', JSON.stringify(parts)).toString('base64url')
  }
}

// One household or host has a whole /64 of IPv6 addresses. Some proxies write the port behind the address; what is
// no address at all is one network, so that it cannot be a way round the counter.
function network(forwarded: string): string {
  const address = isIP(forwarded) > 0 ? forwarded : (/^\[?(.+?)\]?:\d+$/.exec(forwarded)?.[1] ?? '')
  if (isIP(address) === 0) return 'unknown'
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...new Array(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':')
}

function remaining(counter: Counter | undefined, free: number, now: number): number {
  if (counter === undefined || counter.count < free) return 0
  const failed_at = counter.expires_at - WINDOW
  const delay = Math.min(WINDOW, 2 ** Math.min(20, counter.count - free + 1))
  return failed_at + delay - now
}
