import { hash } from 'node:crypto'
import { ConfigError } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import { type BcryptQueue, isUsablePassword, MAX_PASSWORD_BYTES } from '../passwords/bcrypt-queue.ts'
import type { User, Users } from './user.ts'

interface Login {
  user: User
  passwordHash: () => Promise<string>
}

// What the demo's password is hashed with, and what an unknown user costs where there are no others.
const COST = 10

/** The people of the configuration file. */
export class FileUsers implements Users {
  readonly #bySub = new Map<string, User>()
  readonly #byUsername = new Map<string, Login>()
  readonly #queue: BcryptQueue
  readonly #decoy: string

  /** `demo`: passwords in clear are allowed. Throws `ConfigError`. */
  constructor(entries: readonly UserEntry[], { queue, demo }: { queue: BcryptQueue; demo: boolean }) {
    this.#queue = queue
    for (const [at, entry] of entries.entries()) this.#add(entry, `/users/${at}`, demo)
    const costs = entries.map((entry) => Number(entry.password_hash?.slice(4, 6) ?? COST))
    // A well-formed hash that no password has: comparing with it takes as long as with a real one.
    this.#decoy = `$2b$${String(Math.max(COST, ...costs)).padStart(2, '0')}$${'.'.repeat(53)}`
  }

  async find(sub: string): Promise<User | undefined> {
    return this.#bySub.get(sub)
  }

  async authenticate(username: string, password: string): Promise<User | undefined> {
    const login = this.#byUsername.get(username)
    const passwordHash = login === undefined ? this.#decoy : await login.passwordHash()
    const matches = await this.#queue.verify(password, passwordHash)
    return matches && login !== undefined && !login.user.disabled ? login.user : undefined
  }

  #add(entry: UserEntry, path: string, demo: boolean): void {
    const { username, password, password_hash, sub = username, disabled = false, ...claims } = entry
    const fail = (problem: string): never => {
      throw new ConfigError(`${path} (user ${username}): ${problem}`)
    }
    if (password !== undefined && !demo) {
      fail('password is for the demo only; use password_hash, made by: npm run hash-password')
    }
    if ((password === undefined) === (password_hash === undefined)) fail('needs password_hash')
    if (password !== undefined && !isUsablePassword(password)) {
      fail(`password must have 1 to ${MAX_PASSWORD_BYTES} bytes`)
    }
    if (this.#byUsername.has(username)) fail('this username is there twice')
    if (this.#bySub.has(sub)) fail(`sub ${sub} is there twice`)
    // Of a salted hash, or of the demo's public password.
    const credential = hash('sha256', password_hash ?? `demo ${password}`, 'base64url').slice(0, 16)
    const user: User = { sub, username, disabled, credential, claims }
    this.#bySub.set(sub, user)
    this.#byUsername.set(username, { user, passwordHash: this.#hashOf(password, password_hash) })
  }

  // The demo's password is hashed at its first use: a hash at start would cost 60 ms for nothing.
  #hashOf(password: string | undefined, passwordHash: string | undefined): () => Promise<string> {
    if (passwordHash !== undefined) return async () => passwordHash
    let made: Promise<string> | undefined
    return () => {
      made ??= this.#queue.hash(password as string, COST)
      return made
    }
  }
}
