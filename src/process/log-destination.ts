import { pino } from 'pino'
import { turnByTurn } from '../http/log-lines.ts'

// Bytes of lines that may wait for a reader that is too slow, before new ones are dropped.
const BACKLOG = 16 * 1024 * 1024

/**
 * Where log lines go: JSON on standard output for machines; for a person at a terminal the same lines, readable.
 * `onLoss` gets the number of lines that a slow reader has cost.
 */
export async function logDestination(onLoss: (lines: number) => void) {
  if (!process.stdout.isTTY) {
    // Registered before the sink's own last write at the exit, which takes the lines of the last turn with it.
    process.on('exit', () => lines.flush(() => {}))
    const sink = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: BACKLOG })
    const lines = turnByTurn(sink, onLoss)
    return lines
  }
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, translateTime: 'HH:MM:ss', singleLine: true, sync: true })
}
