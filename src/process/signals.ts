import { isatty } from 'node:tty'
import type { Logger } from '../http/logger.ts'

/** Seconds that requests in flight may take after SIGTERM. */
const STOP_WITHIN = 10
/** Milliseconds: npm passes on the Ctrl-C that the terminal has sent already, and that is not a second one. */
const SECOND_SIGNAL_AFTER = 1000
// Milliseconds for the last lines: a reader of the log that is stuck must not keep a process that was told to stop.
const LAST_LINES = 1000

/** Both `stop` and `reload` may come more than once. */
export function onSignals(stop: (why: string) => void, reload: () => void): void {
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // A closing terminal also sends SIGHUP; by then standard output is no terminal.
  const orphaned = () => process.stdout.isTTY && !isatty(1)
  process.on('SIGHUP', (signal) => (orphaned() ? stop(signal) : reload()))
}

/** Stops accepting, lets what is in flight end, then exits 0, or 1 if `close` fails; a second signal does not wait. */
export function stopper(close: () => Promise<void>, log: Logger): (why: string) => void {
  let since = 0
  return (why) => {
    if (since > 0) {
      if (Date.now() - since > SECOND_SIGNAL_AFTER) endProcess(log, 0)
      return
    }
    since = Date.now()
    log.info({ why }, 'stopping')
    setTimeout(() => {
      log.warn(`requests took longer than ${STOP_WITHIN} seconds to end`)
      endProcess(log, 0)
    }, STOP_WITHIN * 1000).unref()
    close().then(
      () => {
        log.info('stopped')
        endProcess(log, 0)
      },
      (error: Error) => {
        log.error({ detail: error.message }, 'the server did not close in order')
        endProcess(log, 1)
      },
    )
  }
}

/** Ends this process when the last log lines are out. */
export function endProcess(log: Logger, code: number): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINES)
  log.flush(() => process.exit(code))
}
