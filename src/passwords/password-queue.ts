import { TemporarilyUnavailable } from '../protocol/errors.ts'
import { hashBcrypt, hashChosen, matches } from './password-hash.ts'

/** Too many slow hashes are waiting. */
export class Busy extends TemporarilyUnavailable {
  override readonly name = 'Busy'
  readonly description = 'too many logins at once; please try again'
  readonly report = { level: 'warn', msg: 'password checks are saturated' } as const
}

/**
 * Slow hashes with bounded concurrency and a bounded queue: hashing runs on the process' thread pool, which DNS and
 * files need too, and a flood of logins must not become a queue that outlives its clients.
 */
export class PasswordQueue {
  readonly #concurrency: number
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** `concurrency`: hashes at once; `limit`: how many more may wait. */
  constructor({ concurrency, limit }: { concurrency: number; limit: number }) {
    this.#concurrency = concurrency
    this.#limit = limit
  }

  /** Whether `password` has this hash. Always does the hash's work. Throws `Busy`. */
  async verify(password: string, passwordHash: string): Promise<boolean> {
    return this.verifyAny([password], [passwordHash])
  }

  /** Whether one of the passwords has one of the hashes. Always does the work of every pair. Throws `Busy`. */
  async verifyAny(passwords: readonly string[], passwordHashes: readonly string[]): Promise<boolean> {
    return this.#run(async () => {
      let found = false
      for (const passwordHash of passwordHashes) {
        for (const password of passwords) if (await matches(password, passwordHash)) found = true
      }
      return found
    })
  }

  /** A new bcrypt hash. The caller has checked `isBcryptPassword`. Throws `Busy`. */
  async hash(password: string, cost: number): Promise<string> {
    return this.#run(() => hashBcrypt(password, cost))
  }

  /** A new hash for a password that somebody has chosen. The caller has checked `chosenProblem`. Throws `Busy`. */
  async hashChosen(password: string): Promise<string> {
    return this.#run(() => hashChosen(password))
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#limit) throw new Busy('too many password checks are waiting')
      // The finishing one hands its place over, so that `#running` never counts a place twice.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
