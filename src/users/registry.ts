import { hash } from 'node:crypto'
import { ConfigError, MAKE_HASH } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import { type BcryptQueue, formsOf, isUsablePassword, MAX_PASSWORD_BYTES } from '../passwords/bcrypt-queue.ts'
import { Names } from './names.ts'
import { readMoment } from './since.ts'
import type { User, Users } from './user.ts'

interface Login {
  user: User
  cost: number
  passwordHash: () => Promise<string>
}

// What the demo's password is hashed with, and what an unknown user costs where there are no others.
const COST = 10

/** The people of the configuration file. */
export class FileUsers implements Users {
  readonly #bySub = new Map<string, User>()
  readonly #names = new Names<Login>()
  readonly #queue: BcryptQueue
  /** Every cost that somebody's hash has, once. */
  readonly #costs: readonly number[]

  /** `demo`: passwords in clear are allowed. `now`: seconds, which no `since` may lie after. Throws `ConfigError`. */
  constructor(
    entries: readonly UserEntry[],
    { queue, demo, now }: { queue: BcryptQueue; demo: boolean; now?: number },
  ) {
    this.#queue = queue
    for (const [at, entry] of entries.entries()) this.#add(entry, `/users/${at}`, { demo, now })
    const costs = new Set(entries.map(costOf))
    this.#costs = costs.size > 0 ? [...costs] : [COST]
  }

  async find(sub: string): Promise<User | undefined> {
    return this.#bySub.get(sub)
  }

  async authenticate(username: string, password: string): Promise<User | undefined> {
    const login = this.#names.find(username)
    const passwordHash = login === undefined ? undefined : await login.passwordHash()
    // One hash of each cost, whoever is asked for: a cost that few have, or nobody of that name, would tell who exists.
    const hashes = this.#costs.map((cost) =>
      cost === login?.cost && passwordHash !== undefined ? passwordHash : decoy(cost),
    )
    const matches = await this.#queue.verifyAny(formsOf(password), hashes)
    return matches && login !== undefined && !login.user.disabled ? login.user : undefined
  }

  async named(username: string): Promise<User | undefined> {
    return this.#names.find(username)?.user
  }

  #add(entry: UserEntry, path: string, { demo, now }: { demo: boolean; now: number | undefined }): void {
    const { username, password, password_hash, sub = username, disabled = false, since, ...claims } = entry
    const fail = (problem: string): never => {
      throw new ConfigError(`${path} (user ${username}): ${problem}`)
    }
    if (password !== undefined && !demo) {
      fail(`password is for the demo only; use password_hash and ${MAKE_HASH}`)
    }
    if ((password === undefined) === (password_hash === undefined))
      fail(`needs a password_hash; ${MAKE_HASH}`)
    if (password !== undefined && !isUsablePassword(password)) {
      fail(`password must have 1 to ${MAX_PASSWORD_BYTES} bytes`)
    }
    // Of a salted hash, or of the demo's public password.
    const credential = hash('sha256', password_hash ?? `demo ${password}`, 'base64url').slice(0, 16)
    const user: User = { sub, username, disabled, credential, since: readSince(since, now, fail), claims }
    const login = { user, cost: costOf(entry), passwordHash: this.#hashOf(password, password_hash) }
    if (!this.#names.add(username, login)) fail('this username is there twice')
    if (this.#bySub.has(sub)) fail(`sub ${sub} is there twice`)
    this.#bySub.set(sub, user)
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

function costOf({ password_hash }: UserEntry): number {
  return Number(password_hash?.slice(4, 6) ?? COST)
}

/** A well-formed hash that no password has, to compare with where there is nothing else to. */
function decoy(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
}

function readSince(
  since: string | undefined,
  now = Number.POSITIVE_INFINITY,
  fail: (problem: string) => never,
): number | undefined {
  if (since === undefined) return undefined
  const moment = readMoment(since)
  if (moment === undefined)
    return fail(
      'since must be a date (2026-05-31) or a date and time with its offset (2026-05-31T08:00:00+02:00)',
    )
  // Every login until then would be refused as that of somebody before.
  if (moment > now) return fail(`since is in the future (${new Date(moment * 1000).toISOString()})`)
  return moment
}
