import { type DestinationStream, type Logger, pino } from 'pino'
import { EVENTS } from '../events/events.ts'
import type { Sink } from '../journal/journal.ts'

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

/** Writes each security event as a line, with the id of the request that caused it. */
export function logSink(log: Logger): Sink {
  return (event, { id }) => {
    const line = { req: id, ...event }
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
