import type { Counter } from '../store/store.ts'

/** Seconds that a counter lives after its last failure, and the longest wait: each failure doubles it up to that. */
export const WINDOW = 900

/** Seconds until the next guess may be looked at, if the first `free` failures have no consequence. `now` in seconds. */
export function remaining(counter: Counter | undefined, free: number, now: number): number {
  if (counter === undefined || counter.count < free) return 0
  const failed_at = counter.expires_at - WINDOW
  const delay = Math.min(WINDOW, 2 ** Math.min(20, counter.count - free + 1))
  return Math.max(0, failed_at + delay - now)
}
