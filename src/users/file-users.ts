import { failAt } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import { kindsProblem } from '../passwords/password-hash.ts'
import { fold, Names } from './names.ts'
import type { Login } from './password-check.ts'
import { registerUser, type UserRules } from './registration.ts'
import type { User } from './user.ts'

/** The people of the configuration file: nobody waits for them. */
export interface FileUsers {
  find(sub: string): User | undefined
  loginOf(username: string): Login | undefined
  /** Every kind that somebody's hash is of. */
  readonly kinds: readonly string[]
  /** Whether a folded name is somebody's, or somebody's verified address. */
  hasName(folded: string): boolean
  /** Whether a `sub` is somebody's, in any spelling. */
  hasSub(sub: string): boolean
  readonly subs: Iterable<string>
  /** Every name and verified address, folded. */
  readonly names: Iterable<string>
}

/**
 * The people of the configuration file. Throws `ConfigError`, with the path, for an entry that contradicts itself and
 * for a user name or `sub` that is listed twice.
 */
export function fileUsers(entries: readonly UserEntry[], rules: UserRules): FileUsers {
  const bySub = new Map<string, User>()
  const names = new Names<Login>()
  const subs = new Set<string>()
  const kinds = new Set<string>()
  for (const [at, entry] of entries.entries()) {
    const fail = failAt(`/users/${at}`, `user ${entry.username}`)
    const login = registerUser(vouched(entry), rules, fail)
    const { sub } = login.user
    if (!names.add(entry.username, login)) fail('username', 'is listed twice')
    if (bySub.has(sub)) fail('sub', `${sub} is listed twice`)
    bySub.set(sub, login.user)
    subs.add(fold(sub))
    const { email, email_verified } = login.user.claims
    if (email !== undefined && email_verified === true) names.addAddress(email, login)
    if (login.kind === undefined || kinds.has(login.kind)) continue
    kinds.add(login.kind)
    const problem = kindsProblem(kinds)
    if (problem !== undefined) fail('password_hash', problem)
  }
  return {
    find: (sub) => bySub.get(sub),
    loginOf: (username) => names.find(username),
    kinds: [...kinds],
    hasName: (folded) => names.has(folded),
    hasSub: (sub) => subs.has(fold(sub)),
    subs: bySub.keys(),
    names: names.all(),
  }
}

// Whoever writes the file vouches for the addresses in it; another source says for itself what it has verified.
function vouched(entry: UserEntry): UserEntry {
  const { email, email_verified } = entry
  return email === undefined || email_verified !== undefined ? entry : { ...entry, email_verified: true }
}
