import { findStanding, type Standing } from '../users/standing.ts'
import type { Users } from '../users/user.ts'
import { type Grant, isOffline } from './grant.ts'

/**
 * How the person that a grant speaks for stands to it. Another password refuses all but what may outlive a login
 * (`offline_access`).
 */
export function findGrantor(users: Users, grant: Grant): Promise<Standing> {
  const { sub, auth_time, scope } = grant
  return findStanding(users, {
    sub,
    auth_time,
    credential: isOffline(scope) ? undefined : grant.credential,
  })
}
