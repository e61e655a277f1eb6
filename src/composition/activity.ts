import type { EventName } from '../events/events.ts'
import type { Logger } from '../http/logger.ts'
import type { Sink } from '../journal/journal.ts'
import type { Activity } from '../users/activity.ts'

// What a person recognises, or should ask about. Not what every visit of an application does: that would be a write for each.
const SHOWN: ReadonlySet<EventName> = new Set<EventName>([
  'login',
  'login_failed',
  'password_set',
  'profile_changed',
  'consent_granted',
  'consent_denied',
  'consent_revoked',
  'code_reuse_detected',
  'refresh_reuse_detected',
])

/** Keeps for each person what happened to their account. Nobody waits for it, and nobody fails for it. `now` in seconds. */
export function activitySink(activity: Activity, { now, log }: { now: () => number; log: Logger }): Sink {
  return ({ event, sub, client_id }, { ip: address }) => {
    if (sub === undefined || !SHOWN.has(event)) return
    const happened = { event, ...(client_id && { client_id }), ...(address && { address }) }
    activity
      .note(sub, happened, now())
      .catch((error: Error) =>
        log.debug({ event, detail: error.message }, 'an event is not kept for its person'),
      )
  }
}
