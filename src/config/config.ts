import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isPlainRemote } from '../protocol/private-host.ts'
import { randomText } from '../secrets/random.ts'
import { STORES, type StoreName, storeChosenBy, storesThatAre } from '../store/index.ts'
import type { StoreCopies } from '../store/store-copies.ts'
import type { OpenStore, StoreType } from '../store/store-type.ts'
import { ConfigError } from './config-error.ts'
import { DEMO_ENTRIES } from './demo.ts'
import { introduceThemselves } from './documents.ts'
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
import { foundKeys, type KeptKeys, keptKeys } from './kept-keys.ts'
import type { Entries } from './schema.ts'

/** Everything that the server is started with. */
export interface Config {
  env: Environment
  /** `ISSUER`, or its default. */
  issuer: string
  /** Empty only for the demo on a store that dies with the process: so does the key that the server then draws. */
  secretKeys: readonly string[]
  /** The demo's known password is loaded: loopback only. */
  demo: boolean
  entries: Entries
  store: ConfiguredStore
  /** Where `SECRET_KEYS` are kept if they are not set; undefined if they must be. */
  keysFile: string | undefined
  /** What the operator should know of the files and names that it was read from. */
  remarks: readonly string[]
  /** Names in `.env` that neither the server nor the file reads. */
  unread: readonly string[]
}

/** The store that `STORE` names: its traits (`StoreType`), and the function that opens it. */
export interface ConfiguredStore {
  name: StoreName
  durable: boolean
  shared: boolean
  open: OpenStore
  /** Undefined if it keeps nothing in a file of its own. */
  copies: StoreCopies | undefined
}

/**
 * Reads and checks the configuration: the environment, then the file that it names. Throws `ConfigError`.
 * `readText` reads a file (the process' own file system by default). `dotenv`: what of `raw` is from `.env`. `looking`: nothing is made, as
 * keys in a file would be.
 */
export function loadConfig(
  raw: RawEnvironment,
  readText = (path: string) => readFileSync(path, 'utf8'),
  dotenv: RawEnvironment = {},
  { looking = false }: { looking?: boolean } = {},
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
  const given = readEnvironment(raw, readNamed)
  const unset = (raw.STORE ?? '').trim() === '' && given.CONFIG_FILE !== ''
  const env = { ...given, STORE: unset ? storeChosenBy(given) : given.STORE }
  if (env.ALLOW_HTTP === 'false' && isPlainRemote(env.ISSUER))
    throw new ConfigError(
      `ISSUER is ${JSON.stringify(env.ISSUER)}, plain http on another host than this machine; use https, or set ALLOW_HTTP=true if that is a private network whose members you trust`,
    )
  if (env.CONFIG_WATCH === 'true' && env.CONFIG_FILE === '')
    throw new ConfigError('CONFIG_WATCH is true, but CONFIG_FILE is not set: there is nothing to watch')
  const text = env.CONFIG_FILE && readNamed('CONFIG_FILE', env.CONFIG_FILE)
  const unread = unreadNames(dotenv, text)
  const slips = slipsIn(raw, dotenv, text)
  remarks.push(...slips, ...quotedSecrets(raw))
  const type: StoreType<Environment> = STORES[env.STORE]
  const { durable, shared, configure, beginsEmpty = false, keysFile } = type
  const demo = env.CONFIG_FILE === '' && !beginsEmpty
  if (env.WORKERS > 1 && !shared) {
    throw new ConfigError(
      `WORKERS is ${raw.WORKERS}; with STORE=${env.STORE} it must be 1: each process would know only its own logins and tokens`,
    )
  }
  const keysPath = demo ? undefined : keysFile?.(env)
  const kept = env.SECRET_KEYS.length === 0 && keysPath !== undefined ? keysIn(keysPath, looking) : undefined
  if (kept?.made)
    remarks.push(
      `SECRET_KEYS is not set: keys were made in ${keysPath}; whoever has them can make every token`,
    )
  const keys = kept?.keys ?? secretKeys(env, { drawn: demo && !durable, demo, slips })
  return {
    env,
    issuer: env.ISSUER || `http://localhost:${env.PORT}`,
    secretKeys: keys,
    keysFile: env.SECRET_KEYS.length === 0 ? keysPath : undefined,
    demo,
    entries: demo ? structuredClone(DEMO_ENTRIES) : entriesOf(text, { env, raw, durable }),
    store: {
      name: env.STORE,
      durable,
      shared,
      open: configure(env, { read: readNamed, fail }),
      copies: type.copies?.(env, fail),
    },
    remarks,
    unread,
  }
}

/** What the file says; of a server without one, nothing. */
function entriesOf(
  text: string,
  { env, raw, durable }: { env: Environment; raw: RawEnvironment; durable: boolean },
): Entries {
  if (env.CONFIG_FILE === '') return { clients: [], users: [], scopes: {} }
  const entries = readEntries(text, env.CONFIG_FILE, raw)
  if (entries.clients.length === 0 && !durable && !introduceThemselves(entries))
    throw new ConfigError(
      `${env.CONFIG_FILE} has no clients; give at least one, or set ${storesThatAre('durable')}, where they can be added while it runs`,
    )
  return entries
}

// Whoever only looks has keys as the start would make them.
function keysIn(path: string, looking: boolean): KeptKeys {
  return looking ? { keys: foundKeys(path) ?? [randomText(32)], made: false } : keptKeys(path)
}

function fail(problem: string): never {
  throw new ConfigError(problem)
}

// SHA-256 of the key in docker/secrets/example-secret-keys.txt, which everybody can read.
const EXAMPLE_KEY = 'cffc41e69dcd18415ddd59dd64624a807a9b88b9a57ff22c86848e16c4f6078f'

function secretKeys(
  env: Environment,
  { drawn, demo, slips }: { drawn: boolean; demo: boolean; slips: readonly string[] },
): readonly string[] {
  if (!demo && env.SECRET_KEYS.some((key) => hash('sha256', key) === EXAMPLE_KEY)) {
    throw new ConfigError(
      'SECRET_KEYS has the public key of docker/secrets/example-secret-keys.txt; make one of your own with: openssl rand -hex 32',
    )
  }
  if (env.SECRET_KEYS.length > 0) return env.SECRET_KEYS
  if (drawn) return []
  throw new ConfigError(['SECRET_KEYS is not set; make one with: openssl rand -hex 32', ...slips].join('; '))
}
