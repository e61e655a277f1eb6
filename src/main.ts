import cluster from 'node:cluster'
import { NotFound, WrongUse } from './commands/action.ts'
import { COMMANDS } from './commands/index.ts'
import { runCommand } from './commands/run.ts'
import { ConfigError } from './config/config-error.ts'

/** Runs a command of the command line; without one, the server. */
export async function main(words: readonly string[]): Promise<void> {
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
