import { type Config, loadConfig } from '../config/config.ts'
import { readEnvFile } from '../config/env-file.ts'

/** A command of the command line. */
export interface Command {
  /** For the list of commands: what it does, in a few words. */
  summary: string
  /** Throws `ConfigError` for what the operator can mend. */
  run(): Promise<void>
}

/** The configuration of this process: the file `.env`, its variables, and the file that they name. Throws `ConfigError`. */
export function readConfig(): Config {
  const dotenv = readEnvFile()
  return loadConfig({ ...dotenv, ...process.env }, undefined, dotenv)
}
