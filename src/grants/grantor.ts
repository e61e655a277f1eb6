import type { Client } from '../clients/client.ts'
import { findStanding, type Standing } from '../users/standing.ts'
import type { Users } from '../users/user.ts'
import { type Grant, isOffline } from './grant.ts'

const ENDED: Standing = { result: 'refused', reason: 'what the client was given until then was ended' }

/** Whether something that a client was given at `at` (seconds) is over because the client was stopped. */
export function isEnded({ ended_before }: Pick<Client, 'ended_before'>, at: number): boolean {
  return ended_before !== undefined && at < ended_before
}

/** When (seconds) the person approved what this grant is for. */
export function approvedAt({ approved_at, created_at = 0 }: Grant): number {
  return approved_at ?? created_at
}

/**
 * Finds the person that a grant speaks for, and whether they may still use it. If their password has changed since, only
 * a grant that may outlive a login (`offline_access`) is still good. Of a client that was stopped none is that is older.
 */
export async function findGrantor(
  users: Users,
  grant: Grant,
  client: Pick<Client, 'ended_before'>,
): Promise<Standing> {
  const { sub, auth_time, scope } = grant
  if (isEnded(client, approvedAt(grant))) return ENDED
  return findStanding(users, {
    sub,
    auth_time,
    credential: isOffline(scope) ? undefined : grant.credential,
  })
}
