import { type DestinationStream, type Logger, pino } from 'pino'
import type { SecurityEvent } from '../events/events.ts'
import { EVENTS } from '../events/events.ts'

export type { Logger }

/**
 * The log: one JSON object per line. Nothing is redacted afterwards; instead only named fields are ever
 * written, and no line takes a request, a URL, a header or a body.
 */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

/** Writes security events, each with the id of the request that caused it. */
export function logEvents(log: Logger, request_id: string, events: readonly SecurityEvent[]): void {
  for (const event of events) {
    if (EVENTS[event.event] === 'warn') log.warn({ req: request_id, ...event }, event.event)
    else log.info({ req: request_id, ...event }, event.event)
  }
}
