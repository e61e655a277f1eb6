import { type PasswordQueue, formsOf } from '../passwords/password-queue.ts'
import type { User } from './user.ts'

/** A person with what their password is compared with. */
export interface Login {
  readonly user: User
  /** bcrypt's cost of the hash. */
  readonly cost: number
  passwordHash(): Promise<string>
}

/** All logins by password. */
export interface Logins {
  /** That of the person whom this user name means. Equal work for every name. */
  loginOf(username: string): Promise<Login | undefined>
  /** Every cost that somebody's hash has, once; at least one. */
  costs(): Promise<readonly number[]>
}

/**
 * The person whom this user name means, if this is the password and they are not disabled, or undefined. Equal work for
 * every answer: it depends on the text of the password alone. Throws `Busy`.
 */
export type PasswordCheck = (username: string, password: string) => Promise<User | undefined>

/** Checks passwords; hashes wait in `queue`. */
export function passwordCheck(logins: Logins, queue: PasswordQueue): PasswordCheck {
  return async (username, password) => {
    const [login, costs] = await Promise.all([logins.loginOf(username), logins.costs()])
    const passwordHash = login === undefined ? undefined : await login.passwordHash()
    // One hash of each cost, whoever is asked for: a cost that few have, or nobody of that name, would tell who exists.
    const hashes = costs.map((cost) =>
      cost === login?.cost && passwordHash !== undefined ? passwordHash : decoy(cost),
    )
    const matches = await queue.verifyAny(formsOf(password), hashes)
    return matches && login !== undefined && !login.user.disabled ? login.user : undefined
  }
}

/** A well-formed hash that no password has, to compare with if there is nothing else to. */
function decoy(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
}
