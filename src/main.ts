import cluster from 'node:cluster'
import { NotFound, WrongUse } from './commands/action.ts'
import { COMMANDS } from './commands/index.ts'
import { ConfigError } from './config/config-error.ts'

/** Runs a command of the command line; without one, the server. */
export async function main(arguments_: readonly string[]): Promise<void> {
  const [given = 'serve', ...parameters] = arguments_
  const name = given.replace(/^--(version|help)$/, '$1').replace(/^-h$/, 'help')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    console.error(`unknown command ${name}; there are ${Object.keys(COMMANDS).join(', ')}`)
    process.exitCode = 2
    return
  }
  if (command.takes === undefined && parameters.length > 0) {
    console.error(`${name} takes nothing more, such as ${parameters[0]}`)
    process.exitCode = 2
    return
  }
  try {
    await command.run(parameters)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(`postern: ${error.message}`)
    process.exitCode = error instanceof WrongUse ? 2 : error instanceof NotFound ? 3 : 1
    // The channel to the supervisor would keep a worker that cannot start alive.
    cluster.worker?.disconnect()
  }
}
