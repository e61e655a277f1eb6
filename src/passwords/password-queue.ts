import { TemporarilyUnavailable } from '../protocol/errors.ts'

/** Too many slow hashes are waiting. */
export class Busy extends TemporarilyUnavailable {
  override readonly name = 'Busy'
  readonly description = 'too many logins at once; please try again'
  readonly report = { level: 'warn', msg: 'password checks are saturated' } as const
}

/** bcrypt reads 72 bytes and ignores the rest: a longer password must be refused, never cut. */
export const MAX_PASSWORD_BYTES = 72

/**
 * bcrypt with bounded concurrency and a bounded queue: hashing runs on the process' thread pool, which DNS and
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

  /** Whether `password` has this bcrypt hash. Always does the hash's work. Throws `Busy`. */
  async verify(password: string, passwordHash: string): Promise<boolean> {
    return this.verifyAny([password], [passwordHash])
  }

  /** Whether one of the passwords has one of the hashes. Always does the work of every pair. Throws `Busy`. */
  async verifyAny(passwords: readonly string[], passwordHashes: readonly string[]): Promise<boolean> {
    return this.#run(async () => {
      let found = false
      for (const passwordHash of passwordHashes) {
        for (const password of passwords) if (await compare(password, passwordHash)) found = true
      }
      return found
    })
  }

  /** A new bcrypt hash. The caller has checked `isUsablePassword`. Throws `Busy`. */
  async hash(password: string, cost: number): Promise<string> {
    return this.#run(async () => {
      const { default: bcrypt } = await import('bcrypt')
      return bcrypt.hash(password, cost)
    })
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

/** Whether bcrypt takes the whole of `password`: 1 to 72 bytes of UTF-8, no NUL (which would end it). */
export function isUsablePassword(password: string): boolean {
  const bytes = Buffer.byteLength(password)
  return bytes > 0 && bytes <= MAX_PASSWORD_BYTES && !password.includes('\0')
}

async function compare(password: string, passwordHash: string): Promise<boolean> {
  const { default: bcrypt } = await import('bcrypt')
  const usable = isUsablePassword(password)
  // Other programs' name for the same hash, which the library does not know.
  const known = passwordHash.replace(/^\$2y/, '$2b')
  return (await bcrypt.compare(usable ? password : 'x', known)) && usable
}

// UTF-16 units: what fits bcrypt in one form has fewer in every other, and the time to normalize some texts grows with
// the square of their length.
const MAX_NORMALIZED = 4 * MAX_PASSWORD_BYTES

/**
 * The forms in which a typed password is tried: as it is; composed (SP 800-63B-4 §3.1.1.2: NFC), whatever the keyboard
 * sends; decomposed, as other programs may have hashed what a Mac sent. How many there are depends on the text alone.
 */
export function formsOf(password: string): readonly string[] {
  if (password.length > MAX_NORMALIZED) return [password]
  return [...new Set([password, password.normalize('NFC'), password.normalize('NFD')])]
}
