import { TemporarilyUnavailable } from '../../protocol/errors.ts'
import { network } from '../../throttle/network.ts'

// Requests a minute, in sum and for one asking address; and those under way at once. Documents that somebody has approved have a
// budget that no others can use up: every host of `*.evil.example` is new.
const STRANGERS = { each: 10, all: 120, atOnce: 16 }
const KNOWN = { each: 60, all: 600, atOnce: 16 }
// Milliseconds.
const WINDOW = 60_000

/** For whom something is asked: a client that somebody has approved, or a stranger; and who asks, an IP address. */
export interface FetchAsker {
  readonly known: boolean
  readonly address: string
}

/** Too many documents are asked for. */
export class TooManyDocuments extends TemporarilyUnavailable {
  override readonly name = 'TooManyDocuments'
  readonly description = 'too many applications are introducing themselves; please try again in a minute'
  readonly report = { level: 'warn', msg: 'too many client documents are asked for' } as const
  override readonly retry_after = 60
}

/** How many documents of clients may be asked for: by each process, so that nobody can make it ask others without end. */
export class FetchBudget {
  readonly #strangers: Part
  readonly #known: Part

  /** `elapsed`: milliseconds of a clock that never goes back. */
  constructor(elapsed = () => performance.now()) {
    this.#strangers = new Part(STRANGERS, elapsed)
    this.#known = new Part(KNOWN, elapsed)
  }

  /** Runs it, if there is room. Throws `TooManyDocuments`. */
  async spend<T>({ known, address }: FetchAsker, run: () => Promise<T>): Promise<T> {
    const part = known ? this.#known : this.#strangers
    part.take(network(address))
    try {
      return await run()
    } finally {
      part.end()
    }
  }
}

class Part {
  readonly #limits: typeof KNOWN
  readonly #elapsed: () => number
  #began = Number.NEGATIVE_INFINITY
  #spent = new Map<string, number>()
  #all = 0
  #now = 0

  constructor(limits: typeof KNOWN, elapsed: () => number) {
    this.#limits = limits
    this.#elapsed = elapsed
  }

  take(asker: string): void {
    const { each, all, atOnce } = this.#limits
    if (this.#elapsed() - this.#began >= WINDOW) {
      this.#began = this.#elapsed()
      this.#spent = new Map()
      this.#all = 0
    }
    const spent = this.#spent.get(asker) ?? 0
    if (spent >= each) throw new TooManyDocuments(`${each} in a minute from ${asker}`)
    if (this.#all >= all) throw new TooManyDocuments(`${all} in a minute`)
    if (this.#now >= atOnce) throw new TooManyDocuments(`${atOnce} at once`)
    // No larger than the sum of the window.
    this.#spent.set(asker, spent + 1)
    this.#all++
    this.#now++
  }

  end(): void {
    this.#now--
  }
}
