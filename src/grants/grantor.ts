import { findStanding, type Standing } from '../users/standing.ts'
import type { Users } from '../users/user.ts'
import { type Grant, isOffline } from './grant.ts'

/**
 * Finds the person that a grant speaks for, and whether they may still use it. If their password has changed since, only
 * a grant that may outlive a login (`offline_access`) is still good.
 */
export function findGrantor(users: Users, grant: Grant): Promise<Standing> {
  const { sub, auth_time, scope } = grant
  return findStanding(users, {
    sub,
    auth_time,
    credential: isOffline(scope) ? undefined : grant.credential,
  })
}
