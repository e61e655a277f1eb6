import type { SecurityEvent } from '../events/events.ts'

/** The request in which an event happened. */
export interface Occasion {
  /** Names the request in the log and on error pages. */
  readonly id: string
  /** The IP address that it came from. */
  readonly ip?: string
}

/** What takes every event: the log, and whatever else listens. It must not throw, and nobody waits for it. */
export type Sink = (event: SecurityEvent, occasion: Occasion) => void

/** The one place where all security events pass. */
export interface Journal {
  record(occasion: Occasion, events: readonly SecurityEvent[]): void
}

/** A journal that hands each event to every sink, in the sinks' order. */
export function journalOf(sinks: readonly Sink[]): Journal {
  return {
    record(occasion, events) {
      for (const event of events) for (const sink of sinks) sink(event, occasion)
    },
  }
}
