import { type DestinationStream, type Logger, pino } from 'pino'
import type { SecurityEvent } from '../events/events.ts'
import { EVENTS } from '../events/events.ts'

export type { Logger }

/**
 * The log: one JSON object per line. Nothing is redacted afterwards; instead only named fields are ever
 * written, and no line takes a request, a URL, a header or a body. `worker`: which of several processes this is.
 */
export function createLogger(level: string, destination: DestinationStream, worker?: number): Logger {
  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

/** Writes security events, each with the id of the request that caused it. */
export function logEvents(log: Logger, request_id: string, events: readonly SecurityEvent[]): void {
  for (const event of events) {
    const line = { req: request_id, ...event }
    if (EVENTS[event.event] === 'warn') log.warn(line, event.event)
    else log.info(line, event.event)
  }
}

let millisecond = 0
let text = ''

// pino's own makes a date for every line; under load most lines share their millisecond.
function isoTime(): string {
  const now = Date.now()
  if (now !== millisecond) {
    millisecond = now
    text = `,"time":"${new Date(now).toISOString()}"`
  }
  return text
}
