import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationDesk, Visitor } from '../authorization/desk.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { Browser } from '../http/browser.ts'
import type { Reports } from '../http/reports.ts'
import type { Journal } from '../journal/journal.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import { DISABLED } from '../users/standing.ts'

/** What it takes to know who is at the browser. */
export interface VisitorContext {
  desk: AuthorizationDesk
  sessionEnd: SessionEnd
  browser: Browser
  journal: Journal
  reports: Reports
  now: () => number
}

/**
 * Who is logged in at this browser. A login that is dead here is taken away from it, so that it cannot revive; that of
 * a disabled person is over at every node, and its clients are told.
 */
export async function visitorOf(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { desk, sessionEnd, browser, journal, now }: VisitorContext,
): Promise<Visitor | undefined> {
  const at = now()
  const { visitor, dead } = await desk.arrival(browser.session(request), at)
  if (dead === undefined) return visitor
  if (dead.disabled) {
    const { events } = await sessionEnd.end(dead.current, at)
    recordEnded({ journal }, request, { events, disabled: true })
  }
  browser.clearSession(reply)
  return undefined
}

/** Records what the end of a login has done, and why it ended if nobody logged out. */
export function recordEnded(
  { journal }: { journal: Journal },
  request: FastifyRequest,
  { events, disabled }: { events: readonly SecurityEvent[]; disabled: boolean | undefined },
): void {
  const why = (event: SecurityEvent) =>
    disabled && event.event === 'logout' && event.reason === undefined
      ? { ...event, reason: DISABLED }
      : event
  journal.record(request, events.map(why))
}
