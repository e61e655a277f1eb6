import { hash } from 'node:crypto'
import { ConfigError } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import { type BcryptQueue, isUsablePassword, MAX_PASSWORD_BYTES } from '../passwords/bcrypt-queue.ts'
import type { Keys } from '../secrets/keys.ts'
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
  readonly #keys: Keys
  /** The costs of everybody's hashes. */
  readonly #costs: readonly number[]

  /** `demo`: passwords in clear are allowed. Throws `ConfigError`. */
  constructor(
    entries: readonly UserEntry[],
    { queue, keys, demo }: { queue: BcryptQueue; keys: Keys; demo: boolean },
  ) {
    this.#queue = queue
    this.#keys = keys
    for (const [at, entry] of entries.entries()) this.#add(entry, `/users/${at}`, demo)
    const costs = entries.map((entry) => Number(entry.password_hash?.slice(4, 6) ?? COST))
    this.#costs = costs.length > 0 ? costs : [COST]
  }

  async find(sub: string): Promise<User | undefined> {
    return this.#bySub.get(sub)
  }

  async authenticate(username: string, password: string): Promise<User | undefined> {
    const login = this.#byUsername.get(username)
    const passwordHash = login === undefined ? this.#decoy(username) : await login.passwordHash()
    const matches = await this.#queue.verify(password, passwordHash)
    return matches && login !== undefined && !login.user.disabled ? login.user : undefined
  }

  async named(username: string): Promise<User | undefined> {
    return this.#byUsername.get(username)?.user
  }

  // A well-formed hash that no password has, to compare with where there is nobody of that name. Its cost is one of
  // the real ones, always the same for a name: with one cost for all unknown names, hashes of another cost would tell
  // who exists.
  #decoy(username: string): string {
    const draw = this.#keys.sign('decoy', username).readUInt32BE(0)
    const cost = this.#costs[draw % this.#costs.length] as number
    return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
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
      made ??= this.#queue.hash(password as string, COST).catch((error) => {
        // A queue that was full then must not be full for ever.
        made = undefined
        throw error
      })
      return made
    }
  }
}
