import type { Keys } from '../secrets/keys.ts'
import type { Counter, Store } from '../store/store.ts'
import { network } from './network.ts'
import { remaining, WINDOW } from './wait.ts'

/** Who is guessing, as far as it can be told. */
export interface Attempt {
  /** The user name in the one spelling that all of its spellings share, whether or not there is such a person. */
  account: string
  /** The client's IP address. */
  address: string
  /** The device's id, if the account has logged in on it with its present password. */
  device: string | undefined
}

/** Whether a guess may be looked at now: then `seconds` is 0, and it counts as failed until it is given back. */
export interface Turn {
  /** Until the next guess may be looked at. */
  seconds: number
  /** Takes the guess out of the counters, as if it had never been: it was right, or nobody looked at it. */
  giveBack(): Promise<void>
}

// The first failures are free.
const FREE = { account: 5, device: 10, devices: 20, address: 50 }
// What is free to a device if the known devices of its account have failed too often together: nothing, and its first
// failure costs a minute.
const STRICT = -4

interface Limits {
  /** The counters that a guess is counted in. */
  ids: readonly string[]
  /** Seconds to wait if these are the counters, as far as they are known. */
  seconds(counters: readonly (Counter | undefined)[], now: number): number
}

/**
 * Counts failed guesses, per account and per address, and says how long to wait. A known device waits for its own
 * failures only: somebody else's, also from the same address or from another known device, never lock its owner out.
 * What the known devices of an account fail together only makes each of them wait sooner, for what it has failed itself,
 * so that many stolen device cookies are hardly better than one.
 */
export class Throttle {
  readonly #store: Store
  readonly #keys: Keys

  constructor(store: Store, keys: Keys) {
    this.#store = store
    this.#keys = keys
  }

  /**
   * Asks for a turn to guess. The guess is counted first and judged by what was counted before it, so guesses at once,
   * over all nodes, get no more turns than guesses in a row. One that must wait is not counted. `now` in seconds.
   */
  async take(attempt: Attempt, now: number): Promise<Turn> {
    const { ids, seconds } = this.#limitsOf(attempt)
    const asked = async () => seconds(await this.#store.counters(ids, now), now)
    const wait = await asked()
    if (wait > 0) return { seconds: wait, giveBack: async () => {} }
    const ends = now + WINDOW
    const before: (Counter | undefined)[] = []
    const counted: string[] = []
    // Never twice: the second time it would take another guess of the same second with it.
    const giveBack = async () => {
      await Promise.all(counted.splice(0).map((id) => this.#store.decrement(id, ends)))
    }
    try {
      for (const id of ids) {
        before.push(await this.#store.increment(id, ends, now))
        counted.push(id)
        if (seconds(before, now) === 0) continue
        await giveBack()
        // Asked again, because what was counted before it may have been given back meanwhile.
        return { seconds: Math.max(1, await asked()), giveBack: async () => {} }
      }
      return { seconds: 0, giveBack }
    } catch (error) {
      await giveBack().catch(() => {})
      throw error
    }
  }

  #limitsOf({ account, address, device }: Attempt): Limits {
    const ofAccount = this.#id('failures of account', account)
    const ofAddress = this.#id('failures of address', network(address))
    if (device === undefined) {
      const seconds: Limits['seconds'] = ([ofOne, ofOther], now) =>
        Math.max(remaining(ofOne, FREE.account, now), remaining(ofOther, FREE.address, now))
      return { ids: [ofAccount, ofAddress], seconds }
    }
    const ofDevice = this.#id('failures of device', account, device)
    const ofDevices = this.#id('failures of devices', account)
    // Counted at the address too, which makes strangers there wait, but never this device for them.
    return {
      ids: [ofDevice, ofDevices, ofAddress],
      seconds: ([own, all], now) =>
        remaining(own, (all?.count ?? 0) < FREE.devices ? FREE.device : STRICT, now),
    }
  }

  // A keyed digest: what is typed as a user name is often a password, and must not be guessed from a store.
  #id(...parts: string[]): string {
    return this.#keys.sign('counter', JSON.stringify(parts)).toString('base64url')
  }
}
