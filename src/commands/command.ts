import { type Config, loadConfig } from '../config/config.ts'
import { readEnvFile } from '../config/env-file.ts'
import type { Logger } from '../http/logger.ts'
import type { Store } from '../store/store.ts'

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

/** Opens the store that the configuration names. It connects in the background. */
export function openStore(config: Config, log: Logger): Promise<Store> {
  return config.store.open((level, message, detail = {}) => log[level](detail, message))
}
