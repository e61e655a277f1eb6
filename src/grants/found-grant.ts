import type { SecurityEvent } from '../events/events.ts'
import type { Grant } from './grant.ts'

/** A grant with its id, as it was just read. */
export interface FoundGrant {
  id: string
  grant: Grant
}

/** Returns the event of a grant that is gone, with the reason. */
export function revokedEvent(
  { id, grant }: { id: string; grant: Pick<Grant, 'client_id' | 'sub'> },
  reason: string,
): SecurityEvent {
  const { client_id, sub } = grant
  return { event: 'grant_revoked', client_id, sub, grant_id: id, reason }
}
