import { type Config, loadConfig } from '../config/config.ts'
import { readEnvFile } from '../config/env-file.ts'
import type { RawEnvironment } from '../config/environment.ts'
import type { Action, Actions } from './action.ts'

/** A command of the command line. */
export interface Command {
  /** For the list of commands: what it does, in a few words. */
  summary: string
  /** Loads what it does, when it is run: one action, or several by the word after its name. */
  load(): Promise<Action | Actions>
}

/** Whether a command does one thing, or several by the word after its name. */
export function isAction(does: Action | Actions): does is Action {
  return typeof does.run === 'function'
}

/** The configuration of this process: the file `.env`, its variables, and the file that they name. Throws `ConfigError`. */
export function readConfig(): Config {
  return readSettings().config
}

/** The same for a look at it: nothing is made. Throws `ConfigError`. */
export function lookAtConfig(): Config {
  const dotenv = readEnvFile()
  return loadConfig({ ...dotenv, ...process.env }, undefined, dotenv, { looking: true })
}

/** The configuration, with the variables that it was read from. */
export interface Settings {
  raw: RawEnvironment
  config: Config
}

/**
 * Reads the configuration. `pinned` variables keep the texts that they have in it, whatever is set now. Throws
 * `ConfigError`.
 */
export function readSettings(pinned: RawEnvironment = {}): Settings {
  const dotenv = readEnvFile()
  const raw = { ...dotenv, ...process.env, ...pinned }
  return { raw, config: loadConfig(raw, undefined, dotenv) }
}
