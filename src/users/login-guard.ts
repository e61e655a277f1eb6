import type { Attempt, Throttle } from '../throttle/throttle.ts'
import type { User, Users } from './user.ts'

/** How a guess ended. `wait`: seconds until the next one is looked at. */
export type Guessed =
  | { result: 'right'; user: User }
  | ({ result: 'wrong' } & About)
  | ({ result: 'wait'; seconds: number } & About)

/** Whose account was tried, where there is one of that name: for the log. */
interface About {
  sub: string | undefined
}

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
    const sub = (await this.#users.named(attempt.username))?.sub
    const seconds = await this.#throttle.wait(attempt, now())
    if (seconds > 0) return { result: 'wait', seconds, sub }
    const user = await this.#users.authenticate(attempt.username, password)
    // Asked again: guesses that ran beside this one may have used the tries up meanwhile. A burst must get no more
    // verdicts than a row, and who comes too late the same answer, right or wrong.
    const since = await this.#throttle.wait(attempt, now())
    // What is not looked at counts as a failure, right or wrong: else the counters would tell which it was.
    if (user === undefined || since > 0) await this.#throttle.fail(attempt, now())
    if (since > 0) return { result: 'wait', seconds: since, sub }
    return user === undefined ? { result: 'wrong', sub } : { result: 'right', user }
  }
}
