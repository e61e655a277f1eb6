import { decoyOf } from '../passwords/password-hash.ts'
import type { PasswordQueue } from '../passwords/password-queue.ts'
import { formsOf } from '../passwords/typed-password.ts'
import type { User } from './user.ts'

/** A person with what their password is compared with. */
export interface Login {
  readonly user: User
  /** What the hash is of, and costs; undefined if they have no password yet: that of any kind is wrong. */
  readonly kind: string | undefined
  passwordHash(): Promise<string>
}

/** All logins by password. */
export interface Logins {
  /** That of the person whom this user name means. Equal work for every name. */
  loginOf(username: string): Promise<Login | undefined>
  /** Every kind that somebody's hash is of, once; at least one. */
  kinds(): Promise<readonly string[]>
}

/**
 * The person whom this user name means, if this is the password and they are not disabled, or undefined. Equal work for
 * every answer: it depends on the text of the password alone. Throws `Busy`.
 */
export type PasswordCheck = (username: string, password: string) => Promise<User | undefined>

/** Checks passwords; hashes wait in `queue`. */
export function passwordCheck(logins: Logins, queue: PasswordQueue): PasswordCheck {
  return async (username, password) => {
    const [login, kinds] = await Promise.all([logins.loginOf(username), logins.kinds()])
    const passwordHash = login === undefined ? undefined : await login.passwordHash()
    // The first of a kind may be newer than what this node knows of kinds.
    const known = login?.kind === undefined || kinds.includes(login.kind) ? kinds : [...kinds, login.kind]
    // One hash of each kind, whoever is asked for: a kind that few have, or nobody of that name, would tell who exists.
    const hashes = known.map((kind) =>
      kind === login?.kind && passwordHash !== undefined ? passwordHash : decoyOf(kind),
    )
    const matches = await queue.verifyAny(formsOf(password), hashes)
    return matches && login !== undefined && !login.user.disabled ? login.user : undefined
  }
}
