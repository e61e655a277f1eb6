import type { Throttle } from '../throttle/throttle.ts'
import { fold } from '../users/names.ts'
import type { PasswordCheck } from '../users/password-check.ts'
import { deviceMark, type User, type Users } from '../users/user.ts'

/** A try to log in, but for the password. */
export interface Guess {
  /** The user name or email address as typed. */
  username: string
  /** The client's IP address. */
  address: string
  /** The browser, if it has logged in before. */
  device: Device | undefined
}

/** A browser that somebody has logged in on. */
export interface Device {
  readonly id: string
  /** Whether it was the person of this mark. */
  knows(mark: string): boolean
}

/** How a guess ended. `wait`: seconds until the next one is looked at. */
export type Guessed =
  | { result: 'right'; user: User }
  | ({ result: 'wrong' } & About)
  | ({ result: 'wait'; seconds: number } & About)

/** Whose account was tried, if there is one of that name: for the log. */
interface About {
  sub: string | undefined
}

const NOBODY = { sub: '', credential: '' }

/** The only way to try a password: what counts guesses stands in front of what looks at them. */
export interface LoginGuard {
  /** Tries a password. `now` in seconds. Throws `Busy` if too many hashes wait. */
  guess(guess: Guess, password: string, now: number): Promise<Guessed>
}

/** Guards the passwords of a directory. */
export function loginGuard(context: {
  users: Users
  checkPassword: PasswordCheck
  throttle: Throttle
}): LoginGuard {
  const { users, checkPassword, throttle } = context
  return {
    async guess({ username, address, device }, password, now) {
      const person = await users.named(username)
      const sub = person?.sub
      // Asked for nobody too, so that the time does not tell.
      const known = device?.knows(deviceMark(person ?? NOBODY))
      // By the folded name: two counters for two spellings would tell that both exist. Whoever is meant by an email address is
      // counted by their user name, or each would have its own guesses.
      const attempt = {
        account: fold(person?.username ?? username),
        address,
        device: known ? device?.id : undefined,
      }
      const turn = await throttle.take(attempt, now)
      if (turn.seconds > 0) return { result: 'wait', seconds: turn.seconds, sub }
      let user: User | undefined
      try {
        user = await checkPassword(username, password)
      } catch (error) {
        await turn.giveBack().catch(() => {})
        throw error
      }
      if (user === undefined) return { result: 'wrong', sub }
      await turn.giveBack()
      return { result: 'right', user }
    },
  }
}
