import type { Browser } from '../http/browser.ts'
import type { Visitor, Visitors } from '../logins/visitors.ts'
import type { Exchange } from './asker.ts'

/** What it takes to know who is at the browser. */
export interface VisitorContext {
  visitors: Visitors
  browser: Browser
  /** Seconds. */
  now: () => number
}

/** Who is logged in at this browser. The cookie of a login that is dead here is taken away. */
export async function visitorAt(
  { request, reply }: Exchange,
  { visitors, browser, now }: VisitorContext,
): Promise<Visitor | undefined> {
  const { visitor, dead } = await visitors.receive(request, browser.session(request), now())
  if (dead !== undefined) browser.clearSession(reply)
  return visitor
}
