import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { DEMO_ENTRIES } from './demo.ts'
import { type Environment, type RawEnvironment, readEnvironment, reason } from './environment.ts'
import { readEntries } from './file.ts'
import type { Entries } from './schema.ts'

/** Everything that the server is started with. */
export interface Config {
  env: Environment
  /** `ISSUER`, or its default. */
  issuer: string
  /** Empty only for the demo on memory: the server then draws one, which dies with it as the store does. */
  secretKeys: readonly string[]
  /** The demo's known password is loaded: loopback only. */
  demo: boolean
  entries: Entries
}

/**
 * Reads and checks the configuration: the environment, then the file that it names. Throws `ConfigError`.
 * `readText` reads a file (the process' own file system by default).
 */
export function loadConfig(
  raw: RawEnvironment,
  readText = (path: string) => readFileSync(path, 'utf8'),
): Config {
  const env = readEnvironment(raw, readText)
  const demo = env.CONFIG_FILE === ''
  return {
    env,
    issuer: env.ISSUER || `http://localhost:${env.PORT}`,
    secretKeys: secretKeys(env, demo),
    demo,
    entries: demo ? structuredClone(DEMO_ENTRIES) : fileEntries(env.CONFIG_FILE, raw, readText),
  }
}

function secretKeys(env: Environment, demo: boolean): readonly string[] {
  if (env.SECRET_KEYS.length > 0) return env.SECRET_KEYS
  if (demo && env.STORE === 'memory') return []
  throw new ConfigError('SECRET_KEYS is not set; make one with: openssl rand -base64 32')
}

function fileEntries(path: string, raw: RawEnvironment, readText: (path: string) => string): Entries {
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    throw new ConfigError(`CONFIG_FILE is ${JSON.stringify(path)}, which cannot be read: ${reason(error)}`)
  }
  return readEntries(text, path, raw)
}
