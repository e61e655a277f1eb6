import type { Attempt, Throttle } from '../throttle/throttle.ts'
import type { User, Users } from './user.ts'

/** How a guess ended. `wait`: seconds until the next one is looked at. */
export type Guessed =
  | { result: 'right'; user: User }
  | { result: 'wrong' }
  | { result: 'wait'; seconds: number }

/** The only way to try a password: what counts guesses stands in front of what looks at them. */
export class LoginGuard {
  readonly #users: Users
  readonly #throttle: Throttle

  constructor(context: { users: Users; throttle: Throttle }) {
    this.#users = context.users
    this.#throttle = context.throttle
  }

  /** Tries a password. `now` in seconds. Throws `Busy` where too many hashes wait. */
  async guess(attempt: Attempt, password: string, now: () => number): Promise<Guessed> {
    const seconds = await this.#throttle.wait(attempt, now())
    if (seconds > 0) return { result: 'wait', seconds }
    const user = await this.#users.authenticate(attempt.username, password)
    if (user === undefined) {
      await this.#throttle.fail(attempt, now())
      return { result: 'wrong' }
    }
    // Asked again after a success: guesses that ran beside this one may have used the tries up meanwhile, and a
    // burst must not get more of them than a row.
    const since = await this.#throttle.wait(attempt, now())
    return since > 0 ? { result: 'wait', seconds: since } : { result: 'right', user }
  }
}
