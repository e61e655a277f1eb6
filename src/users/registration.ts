import { hash } from 'node:crypto'
import { type Fail, MAKE_HASH } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import {
  bcryptKind,
  decoyOf,
  isBcryptPassword,
  kindOfHash,
  MAX_BCRYPT_BYTES,
  passwordHashProblem,
} from '../passwords/password-hash.ts'
import type { PasswordQueue } from '../passwords/password-queue.ts'
import { MOMENT, readMoment } from '../protocol/moment.ts'
import { type Groups, groupsOf, takenClaim } from './groups.ts'
import type { Login } from './password-check.ts'

/** What people may be registered with. */
export interface UserRules {
  /** Whether passwords in clear are allowed. */
  demo: boolean
  /** Hashes those. */
  queue: PasswordQueue
  /** What their groups mean; nothing by default. */
  groups?: Groups
  /** Seconds: no `since` may lie after it. */
  now?: number
}

const NO_GROUPS = groupsOf()

const DEMO_COST = 10

/** What the demo's password is hashed with, and what a guess costs where nobody has a password. */
export const DEMO_KIND = bcryptKind(DEMO_COST)

/** Stands for the hash of somebody who has no password yet: well-formed, and that of none. */
export const NO_PASSWORD = decoyOf(DEMO_KIND)

/** Makes a person of an entry whose form has been checked. Throws what `fail` throws. */
export function registerUser(entry: UserEntry, rules: UserRules, fail: Fail): Login {
  const { username, password, password_hash, sub = username, disabled = false, since, ...about } = entry
  const { groups: named = [], roles = [], claims: own = {}, ...claims } = about
  const taken = takenClaim(Object.keys(own))
  if (taken !== undefined)
    fail(
      'claims',
      `has ${taken}, which means something else in tokens; choose another name, or set it beside claims`,
    )
  const groups = [...new Set(named)]
  const means = rules.groups ?? NO_GROUPS
  if (password !== undefined && !rules.demo)
    fail('password', `is for the demo only; use password_hash and ${MAKE_HASH}`)
  if (password !== undefined && password_hash !== undefined)
    fail('password_hash', 'give one of it and password, not both')
  if (password === undefined && password_hash === undefined) fail('password_hash', `is missing; ${MAKE_HASH}`)
  if (password !== undefined && !isBcryptPassword(password))
    fail('password', `must have 1 to ${MAX_BCRYPT_BYTES} bytes`)
  const problem = password_hash === undefined ? undefined : passwordHashProblem(password_hash)
  if (problem !== undefined) fail('password_hash', `${problem}; ${MAKE_HASH}`)
  // Of a salted hash, or of the demo's public password.
  const credential = hash('sha256', password_hash ?? `demo ${password}`, 'base64url').slice(0, 16)
  return {
    user: {
      ...{ sub, username, disabled, credential, since: readSince(since, rules, fail), claims },
      ...{ groups, roles: [...new Set(roles)] },
      ...{ own_claims: means.claimsOf(groups, own, fail), withheld_scopes: means.withheldFrom(groups) },
    },
    kind: kindOf(password_hash),
    passwordHash:
      password_hash === undefined
        ? hashOnce(() => rules.queue.hash(password as string, DEMO_COST))
        : async () => password_hash,
  }
}

function kindOf(password_hash: string | undefined): string | undefined {
  if (password_hash === undefined) return DEMO_KIND
  return password_hash === NO_PASSWORD ? undefined : kindOfHash(password_hash)
}

// The demo's password is hashed at its first use: a hash at the start would cost 60 ms for nothing.
function hashOnce(make: () => Promise<string>): () => Promise<string> {
  let made: Promise<string> | undefined
  return () => {
    made ??= make().catch((error) => {
      // A queue that was full then must not be full for ever.
      made = undefined
      throw error
    })
    return made
  }
}

function readSince(
  since: string | undefined,
  { now = Number.POSITIVE_INFINITY }: UserRules,
  fail: Fail,
): number | undefined {
  if (since === undefined) return undefined
  const moment = readMoment(since)
  if (moment === undefined) return fail('since', `must be ${MOMENT}`)
  // Every login until then would be refused as that of somebody before.
  if (moment > now) return fail('since', `is in the future (${new Date(moment * 1000).toISOString()})`)
  return moment
}
