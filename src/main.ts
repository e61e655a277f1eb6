import cluster from 'node:cluster'
import { NotFound, WrongUse } from './commands/action.ts'
import { COMMANDS } from './commands/index.ts'
import { runCommand } from './commands/run.ts'
import { ConfigError } from './config/config-error.ts'

/** Runs a command of the command line; without one, the server. */
export async function main(words: readonly string[]): Promise<void> {
  // The server's log has a destination of its own.
  if (words.length > 0 && words[0] !== 'serve') process.stdout.on('error', unlessUnread)
  try {
    await runCommand(COMMANDS, words)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(`postern: ${error.message}`)
    process.exitCode = error instanceof WrongUse ? 2 : error instanceof NotFound ? 3 : 1
    // The channel to the supervisor would keep a worker that cannot start alive.
    cluster.worker?.disconnect()
  }
}

/** Who has read enough, as `head` has, closes the pipe: a command goes on to its end, and its other lines are for nobody. */
function unlessUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
