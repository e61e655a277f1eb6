import type { Visitor } from '../../logins/visitors.ts'
import type { Sessions } from '../../sessions/sessions.ts'

/** A login as its person sees it. Times are in seconds. */
export interface LoginRow {
  sid: string
  browser?: string
  system?: string
  address?: string
  since: number
  last_used: number
  /** Whether it is this browser's. */
  isHere: boolean
}

/** Where a person is logged in: here first, then by their last use. `now` in seconds. */
export async function loginsOf(
  { account, current }: Visitor,
  now: number,
  { sessions }: { sessions: Sessions },
): Promise<LoginRow[]> {
  const found = await sessions.ofSubject(account.sub, now)
  const rows = found.flatMap(({ id, session }): LoginRow[] => {
    const own = session.accounts.find(({ sub }) => sub === account.sub)
    if (own === undefined) return []
    const { last_used_at: last_used, whence } = session
    return [{ sid: own.sid, since: own.auth_time, last_used, isHere: id === current.id, ...whence }]
  })
  return rows.sort(
    (one, other) => Number(other.isHere) - Number(one.isHere) || other.last_used - one.last_used,
  )
}
