import type { Journal, Occasion } from '../journal/journal.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import type { Account, Whence } from '../sessions/session.ts'
import type { Brought, Sessions } from '../sessions/sessions.ts'
import { isOlder } from '../users/since.ts'
import type { User } from '../users/user.ts'

/** A person who has just proven who they are. */
export interface NewLogin {
  user: User
  /** What was proven: RFC 8176 method names. */
  amr: readonly string[]
  /** What the browser brings of a login before. */
  brought: Brought
  /** Digest of the browser's id: what the session is bound to. */
  browser: string
  /** Where it is, for the person to recognise. */
  whence?: Whence | undefined
  /** Whether the browser is to keep the login when it is closed. */
  remembered?: boolean
  /** The identity of what the login is for, which it is a proof for; empty if nothing was asked for. */
  digest: string
  /** Who asked, for the journal. */
  client_id: string | undefined
}

/** Begins a login. Returns the value of the session's cookie. `now` in seconds. */
export type BeginLogin = (occasion: Occasion, login: NewLogin, now: number) => Promise<string>

/** Begins logins in the store. Another person's login in the same browser ends first. */
export function loginBeginner(context: {
  sessions: Sessions
  sessionEnd: SessionEnd
  journal: Journal
}): BeginLogin {
  const { sessions, sessionEnd, journal } = context
  return async (
    occasion,
    { user, amr, brought, browser, whence, remembered = false, digest, client_id },
    now,
  ) => {
    let previous = await sessions.find(brought, now)
    const isOwn = ({ sub, auth_time }: Account) => sub === user.sub && !isOlder(auth_time, user)
    if (previous !== undefined && !previous.session.accounts.some(isOwn)) {
      // Somebody else's, of the same name perhaps: first their logout, which can be repeated while their session is there.
      journal.record(occasion, (await sessionEnd.end(previous, now)).events)
      previous = undefined
    }
    const { sub, credential } = user
    const proof = digest === '' ? undefined : { request_digest: digest, step: 'login' as const, at: now }
    const begun = await sessions.begin(
      { sub, amr, credential, browser, whence, remembered, proof, previous },
      now,
    )
    for (const session of begun.surplus)
      journal.record(occasion, (await sessionEnd.endSurplus(session, now)).events)
    journal.record(occasion, [{ event: 'login', sub, ...(client_id && { client_id }) }])
    return begun.cookie
  }
}
