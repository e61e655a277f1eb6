import { userInfo } from 'node:os'
import type { SecurityEvent } from '../events/events.ts'
import { createLogger, logSink } from '../http/logger.ts'

/** What stands for the request of an event: all that one run of a command writes has the same. */
export const occasion = { id: `command-${process.pid}` }

/**
 * Writes down that a command has changed something, and who ran it: to standard error, as a line of the server's own log. For commands without
 * a workbench, which has a journal of its own.
 */
export function noteRun(command: string, about: Partial<SecurityEvent> = {}): void {
  const sink = logSink(createLogger('info', process.stderr))
  sink({ event: 'command_run', command, by: operator(), ...about }, occasion)
}

/** The system's user who runs this. In a container that is its own. */
export function operator(): string {
  try {
    const { username, uid } = userInfo()
    return `${username} (${uid})`
  } catch {
    // A user id without a name, as containers have.
    return `uid ${process.getuid?.()}`
  }
}
