import type { SecurityEvent } from '../events/events.ts'
import type { Journal, Occasion } from '../journal/journal.ts'
import type { Ended, SessionEnd } from '../logout/session-end.ts'
import type { Account } from '../sessions/session.ts'
import type { Brought, CurrentSession, Sessions } from '../sessions/sessions.ts'
import { DISABLED, findStanding } from '../users/standing.ts'
import type { User, Users } from '../users/user.ts'

/** A login that the browser brings. */
export interface Login {
  current: CurrentSession
  account: Account
}

/** Who is at the browser. */
export interface Visitor extends Login {
  user: User
}

/** A login that is not good here. `disabled`: the person is, so it is over; otherwise it may still be good at another node. */
export interface DeadLogin extends Login {
  disabled: boolean
}

/** What a browser comes with: a login of somebody, or one that is dead here, or none. */
export type Arrival =
  | { visitor: Visitor; dead?: undefined }
  | { visitor?: undefined; dead: DeadLogin }
  | { visitor?: undefined; dead?: undefined }

/** Knows who is at a browser, judged anew at each request. Every `now` is in seconds. */
export interface Visitors {
  /** Whose login the browser brings, and whether it is still good here. Changes nothing but the time of its use. */
  arrival(brought: Brought, now: number): Promise<Arrival>
  /**
   * The same, for whoever shows a page: a dead login is to be taken away from the browser, so that it cannot revive; that
   * of a disabled person is over at every node, and is ended.
   */
  receive(occasion: Occasion, brought: Brought, now: number): Promise<Arrival>
  /** Ends a login with all that hangs on it; the journal hears why, if nobody logged out. */
  end(occasion: Occasion, login: Visitor | DeadLogin, now: number): Promise<Ended>
}

/** Knows visitors by the sessions in the store and the directory of people. */
export function visitorsOf(context: {
  users: Users
  sessions: Sessions
  sessionEnd: SessionEnd
  journal: Journal
}): Visitors {
  const { users, sessions, sessionEnd, journal } = context

  const arrival: Visitors['arrival'] = async (brought, now) => {
    const current = await sessions.find(brought, now)
    const account = current?.session.accounts[0]
    if (current === undefined || account === undefined) return {}
    const standing = await findStanding(users, account)
    if (standing.result !== 'entitled')
      return { dead: { current, account, disabled: standing.result === 'disabled' } }
    sessions.touch(current, now)
    return { visitor: { current, account, user: standing.user } }
  }

  const end: Visitors['end'] = async (occasion, login, now) => {
    const ended = await sessionEnd.end(login.current, now)
    journal.record(occasion, 'disabled' in login && login.disabled ? ended.events.map(why) : ended.events)
    return ended
  }

  return {
    arrival,
    async receive(occasion, brought, now) {
      const arrived = await arrival(brought, now)
      if (arrived.dead?.disabled) await end(occasion, arrived.dead, now)
      return arrived
    },
    end,
  }
}

function why(event: SecurityEvent): SecurityEvent {
  return event.event === 'logout' && event.reason === undefined ? { ...event, reason: DISABLED } : event
}
