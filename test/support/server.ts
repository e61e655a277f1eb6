import { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { ClientSource } from '../../src/clients/registry.ts'
import { type Config, loadConfig } from '../../src/config/config.ts'
import type { ClientEntry, Entries, UserEntry } from '../../src/config/schema.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'

export const KEY = 'V3sYb0x9dQkq2m7cR8tLwZ1nF4gH6jKpE5uA0iXoTyM='

/** A server for one test, with its clock, its store and its log at hand. */
export interface TestServer {
  app: FastifyInstance
  store: Store
  config: Config
  /** Every log line, parsed. */
  log: Record<string, unknown>[]
  clock: { now: number }
}

export interface TestServerOptions {
  env?: Record<string, string>
  clients?: ClientEntry[]
  users?: UserEntry[]
  scopes?: Entries['scopes']
  groups?: Entries['groups']
  /** What an operator edits beside. Before `clients` and `users` are added. */
  change?: (entries: Entries) => void
  store?: Store
  /** Where clients come from beside the file. */
  sources?: ClientSource[]
  now?: number
  /** Uses the store's own clock, as the server does by itself. */
  storeClock?: boolean
}

/** Builds the demo, or the demo with other clients and users, without listening. Closes with the test. */
export async function buildServer(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  const config = loadConfig({ SECRET_KEYS: KEY, ...options.env })
  const { clients = [], users = [], scopes = {}, groups, sources = [] } = options
  options.change?.(config.entries)
  if (clients.length > 0) config.entries.clients.push(...clients)
  config.entries.users.push(...users)
  Object.assign(config.entries.scopes, scopes)
  if (groups !== undefined) config.entries.groups = groups
  const clock = { now: options.now ?? Math.floor(Date.now() / 1000) }
  const log: Record<string, unknown>[] = []
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      for (const line of String(chunk).trim().split('\n')) log.push(JSON.parse(line))
      done()
    },
  })
  const store = options.store ?? new MemoryStore()
  const time = options.storeClock ? {} : { now: () => clock.now }
  const app = await createServer(config, {
    store,
    log: createLogger('trace', sink),
    clients: sources,
    ...time,
  })
  t.after(() => app.close())
  return { app, store, config, log, clock }
}
