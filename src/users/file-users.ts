import { failAt } from '../config/config-error.ts'
import type { UserEntry } from '../config/schema.ts'
import { Names } from './names.ts'
import type { Login, Logins } from './password-check.ts'
import { DEMO_COST, registerUser, type UserRules } from './registration.ts'
import type { User, Users } from './user.ts'

/**
 * The people of the configuration file. Throws `ConfigError`, with the path, for an entry that contradicts itself and
 * for a user name or `sub` that is listed twice.
 */
export function fileUsers(entries: readonly UserEntry[], rules: UserRules): Users & Logins {
  const bySub = new Map<string, User>()
  const names = new Names<Login>()
  const costs = new Set<number>()
  for (const [at, entry] of entries.entries()) {
    const fail = failAt(`/users/${at}`, `user ${entry.username}`)
    const login = registerUser(vouched(entry), rules, fail)
    const { sub } = login.user
    if (!names.add(entry.username, login)) fail('username', 'is listed twice')
    if (bySub.has(sub)) fail('sub', `${sub} is listed twice`)
    bySub.set(sub, login.user)
    const { email, email_verified } = login.user.claims
    if (email !== undefined && email_verified === true) names.addAddress(email, login)
    costs.add(login.cost)
  }
  return {
    find: async (sub) => bySub.get(sub),
    named: async (username) => names.find(username)?.user,
    loginOf: (username) => names.find(username),
    // A guess costs something even if there is nobody.
    costs: costs.size > 0 ? [...costs] : [DEMO_COST],
  }
}

// Whoever writes the file vouches for the addresses in it; another source says for itself what it has verified.
function vouched(entry: UserEntry): UserEntry {
  const { email, email_verified } = entry
  return email === undefined || email_verified !== undefined ? entry : { ...entry, email_verified: true }
}
