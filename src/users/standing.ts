import { isOlder } from './since.ts'
import type { User, Users } from './user.ts'

/** What a login, or a permission that was given in one, says of the person. */
export interface Entitlement {
  readonly sub: string
  /** Seconds: when the person proved who they are. */
  readonly auth_time: number
  /** Undefined if it outlives a change of the password. */
  readonly credential: string | undefined
}

/**
 * How the person stands now to what they were given. Only `disabled` is a decision about it, and ends it. What is
 * `refused` is refused here, and ended nowhere: nodes of several configurations run side by side while a new one is
 * rolled out, and the person, or their password, may be known to another node already.
 */
export type Standing =
  | { result: 'entitled'; user: User }
  | { result: 'disabled' }
  | { result: 'refused'; reason: string }

/** For the log: why what a disabled person had has ended. */
export const DISABLED = 'the person is disabled'

/** Asked again at every use of a grant or session. */
export async function findStanding(users: Users, given: Entitlement): Promise<Standing> {
  const user = await users.find(given.sub)
  if (user === undefined) return { result: 'refused', reason: 'the person is unknown here' }
  // Before anything else that the present one of this name could be asked for.
  if (isOlder(given.auth_time, user))
    return { result: 'refused', reason: 'it is older than the since of the person' }
  if (user.disabled) return { result: 'disabled' }
  if (given.auth_time < (user.ended_before ?? 0)) return { result: 'refused', reason: 'the login was ended' }
  if (given.credential !== undefined && given.credential !== user.credential)
    return { result: 'refused', reason: 'the person has another password here' }
  return { result: 'entitled', user }
}
