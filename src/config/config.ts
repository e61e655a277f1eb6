import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { DEMO_ENTRIES } from './demo.ts'
import { type Environment, type RawEnvironment, readEnvironment, reason } from './environment.ts'
import { readEntries } from './file.ts'
import type { RedisAddress } from './redis-url.ts'
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
  /** How Redis is reached, where it is the store. */
  redis: RedisConfig | undefined
}

export interface RedisConfig {
  address: RedisAddress
  ca?: string
  prefix: string
  /** Seconds. */
  timeout: number
  /** How many replicas confirm a compare-and-swap; 0 for none. */
  replicas: number
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
  if (env.WORKERS > 1 && env.STORE === 'memory') {
    throw new ConfigError(
      `WORKERS is ${raw.WORKERS}; with STORE=memory it must be 1: each process would know only its own logins and tokens`,
    )
  }
  return {
    env,
    issuer: env.ISSUER || `http://localhost:${env.PORT}`,
    secretKeys: secretKeys(env, demo),
    demo,
    entries: demo ? structuredClone(DEMO_ENTRIES) : fileEntries(env.CONFIG_FILE, raw, readText),
    redis: env.STORE === 'redis' ? redisConfig(env, readText) : undefined,
  }
}

function redisConfig(env: Environment, readText: (path: string) => string): RedisConfig {
  const { REDIS_URL, REDIS_PASSWORD, REDIS_CA_FILE, REDIS_WAIT_REPLICAS } = env
  if (REDIS_CA_FILE && !REDIS_URL.tls) {
    throw new ConfigError('REDIS_CA_FILE is set, but REDIS_URL uses no TLS; write it with rediss:')
  }
  if (REDIS_WAIT_REPLICAS > 0 && REDIS_URL.topology === 'cluster') {
    throw new ConfigError(`REDIS_WAIT_REPLICAS is ${REDIS_WAIT_REPLICAS}; it must be 0 with a Redis Cluster`)
  }
  return {
    address: { ...REDIS_URL, ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) },
    ...(REDIS_CA_FILE && { ca: readNamed('REDIS_CA_FILE', REDIS_CA_FILE, readText) }),
    prefix: env.REDIS_PREFIX,
    timeout: env.REDIS_TIMEOUT,
    replicas: REDIS_WAIT_REPLICAS,
  }
}

// SHA-256 of the key in docker/secrets/example-secret-keys.txt, which everybody can read.
const EXAMPLE_KEY = 'cffc41e69dcd18415ddd59dd64624a807a9b88b9a57ff22c86848e16c4f6078f'

function secretKeys(env: Environment, demo: boolean): readonly string[] {
  if (!demo && env.SECRET_KEYS.some((key) => hash('sha256', key) === EXAMPLE_KEY)) {
    throw new ConfigError(
      'SECRET_KEYS has the public key of docker/secrets/example-secret-keys.txt; make one of your own with: openssl rand -base64 32',
    )
  }
  if (env.SECRET_KEYS.length > 0) return env.SECRET_KEYS
  if (demo && env.STORE === 'memory') return []
  throw new ConfigError('SECRET_KEYS is not set; make one with: openssl rand -base64 32')
}

function fileEntries(path: string, raw: RawEnvironment, readText: (path: string) => string): Entries {
  return readEntries(readNamed('CONFIG_FILE', path, readText), path, raw)
}

function readNamed(variable: string, path: string, readText: (path: string) => string): string {
  try {
    return readText(path)
  } catch (error) {
    throw new ConfigError(`${variable} is ${JSON.stringify(path)}, which cannot be read: ${reason(error)}`)
  }
}
