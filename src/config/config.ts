import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { DEMO_ENTRIES } from './demo.ts'
import { slipsIn, unreadNames } from './env-names.ts'
import {
  type Environment,
  quotedSecrets,
  type RawEnvironment,
  type ReadNamed,
  readEnvironment,
} from './environment.ts'
import { readEntries } from './file.ts'
import { checkWriters, readProblem } from './file-access.ts'
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
  /** What the operator should know of the files and names that it was read from. */
  remarks: readonly string[]
  /** Names in `.env` that neither the server nor the file reads. */
  unread: readonly string[]
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
 * `readText` reads a file (the process' own file system by default). `dotenv`: what of `raw` is from `.env`.
 */
export function loadConfig(
  raw: RawEnvironment,
  readText = (path: string) => readFileSync(path, 'utf8'),
  dotenv: RawEnvironment = {},
): Config {
  const remarks = Object.keys(dotenv).length > 0 ? checkWriters('.env', '.env') : []
  const readNamed: ReadNamed = (name, path) => {
    const file = `${name} is ${JSON.stringify(path)}, which`
    try {
      const text = readText(path)
      remarks.push(...checkWriters(file, path))
      return text
    } catch (error) {
      throw error instanceof ConfigError ? error : new ConfigError(`${file} ${readProblem(error, path)}`)
    }
  }
  const env = readEnvironment(raw, readNamed)
  const text = env.CONFIG_FILE && readNamed('CONFIG_FILE', env.CONFIG_FILE)
  const unread = unreadNames(dotenv, text)
  const slips = slipsIn(without(raw, dotenv), text)
  remarks.push(...slips, ...quotedSecrets(raw))
  const demo = env.CONFIG_FILE === ''
  if (env.WORKERS > 1 && env.STORE === 'memory') {
    throw new ConfigError(
      `WORKERS is ${raw.WORKERS}; with STORE=memory it must be 1: each process would know only its own logins and tokens`,
    )
  }
  return {
    env,
    issuer: env.ISSUER || `http://localhost:${env.PORT}`,
    secretKeys: secretKeys(env, { demo, slips }),
    demo,
    entries: demo ? structuredClone(DEMO_ENTRIES) : readEntries(text, env.CONFIG_FILE, raw),
    redis: env.STORE === 'redis' ? redisConfig(env, readNamed) : undefined,
    remarks,
    unread,
  }
}

function without(raw: RawEnvironment, others: RawEnvironment): RawEnvironment {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !Object.hasOwn(others, name)))
}

function redisConfig(env: Environment, readNamed: ReadNamed): RedisConfig {
  const { REDIS_URL, REDIS_PASSWORD, REDIS_CA_FILE, REDIS_WAIT_REPLICAS } = env
  if (REDIS_CA_FILE && !REDIS_URL.tls) {
    throw new ConfigError('REDIS_CA_FILE is set, but REDIS_URL uses no TLS; write it with rediss:')
  }
  if (REDIS_WAIT_REPLICAS > 0 && REDIS_URL.topology === 'cluster') {
    throw new ConfigError(`REDIS_WAIT_REPLICAS is ${REDIS_WAIT_REPLICAS}; it must be 0 with a Redis Cluster`)
  }
  return {
    address: { ...REDIS_URL, ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) },
    ...(REDIS_CA_FILE && { ca: readNamed('REDIS_CA_FILE', REDIS_CA_FILE) }),
    prefix: env.REDIS_PREFIX,
    timeout: env.REDIS_TIMEOUT,
    replicas: REDIS_WAIT_REPLICAS,
  }
}

// SHA-256 of the key in docker/secrets/example-secret-keys.txt, which everybody can read.
const EXAMPLE_KEY = 'cffc41e69dcd18415ddd59dd64624a807a9b88b9a57ff22c86848e16c4f6078f'

function secretKeys(
  env: Environment,
  { demo, slips }: { demo: boolean; slips: readonly string[] },
): readonly string[] {
  if (!demo && env.SECRET_KEYS.some((key) => hash('sha256', key) === EXAMPLE_KEY)) {
    throw new ConfigError(
      'SECRET_KEYS has the public key of docker/secrets/example-secret-keys.txt; make one of your own with: openssl rand -hex 32',
    )
  }
  if (env.SECRET_KEYS.length > 0) return env.SECRET_KEYS
  if (demo && env.STORE === 'memory') return []
  throw new ConfigError(['SECRET_KEYS is not set; make one with: openssl rand -hex 32', ...slips].join('; '))
}
