import { once } from 'node:events'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress } from '../config/redis-url.ts'
import type { Script } from './redis-scripts.ts'
import { StoreFull, StoreUnavailable } from './store.ts'

/** How Redis is reached. */
export interface RedisSettings {
  address: RedisAddress
  /** PEM of the authority that signed the server's certificate, where the system does not know it. */
  ca?: string
  /** Seconds after which a command counts as unanswered. */
  timeout: number
}

/** What the log is told: `detail` never holds a value, a key or a password. */
export type Report = (level: 'info' | 'warn' | 'error', message: string, detail?: object) => void

/** The connection died, or the deadline passed, before the answer: the command may have been executed. */
export class OutcomeUnknown extends StoreUnavailable {
  override readonly name = 'OutcomeUnknown'
}

// Commands that may wait for an answer in this process. More would be a queue that outlives its clients.
const MAX_PENDING = 10_000
const REDIRECTIONS = 10

/**
 * One client of Redis that never repeats a command by itself and never keeps one for later: every command is
 * answered, refused, or of unknown outcome, within the deadline. Commands of one turn of the event loop share a
 * pipeline, but on a cluster. It connects, and reconnects, in the background for as long as it is open.
 */
export class RedisConnection {
  readonly #client: Redis | Cluster
  readonly #patience: number
  #pending = 0

  constructor(settings: RedisSettings, report: Report) {
    this.#patience = 2 * settings.timeout * 1000
    this.#client = connect(settings)
    const hosts = settings.address.hosts.map(({ host, port }) => `${host}:${port}`)
    let complained = ''
    this.#client.on('error', (error: Error & { command?: { name?: string } }) => {
      // The library goes on in database 0: another installation's, perhaps.
      if (error.command?.name === 'select') (this.#client as Redis).disconnect(true)
      const cause = causeOf(error)
      // What follows from that.
      if (/^(Connection is closed|Stream isn't writeable)/.test(cause)) return
      // Once for each cause, not once for each try.
      if (cause !== complained) report('error', complaint(cause), { cause, hosts })
      complained = cause
    })
    this.#client.on('ready', () => {
      report('info', 'connected to Redis', { hosts })
      complained = ''
    })
  }

  /** Calls `listener` at every connect, the first one too. */
  onReady(listener: () => void): void {
    this.#client.on('ready', listener)
  }

  /** The answer to a command. Throws `OutcomeUnknown`, or `StoreUnavailable` where it surely had no effect. */
  async send(...command: readonly [string, ...string[]]): Promise<unknown> {
    if (this.#pending >= MAX_PENDING) throw new StoreUnavailable('too many commands wait for Redis')
    this.#pending++
    try {
      const [name, ...parameters] = command
      return await this.#client.call(name, ...parameters)
    } catch (error) {
      throw translated(error as Error)
    } finally {
      this.#pending--
    }
  }

  /** Runs a script by its digest; sends its text where this Redis has not seen it yet. */
  async run({ sha, text }: Script, key: string, ...parameters: readonly string[]): Promise<unknown> {
    try {
      return await this.send('EVALSHA', sha, '1', key, ...parameters)
    } catch (error) {
      // Redis says so before it does anything.
      if (!(error instanceof StoreUnavailable) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.send('EVAL', text, '1', key, ...parameters)
    }
  }

  /** Resolves when there is a connection, or after twice the deadline. */
  async reachable(): Promise<void> {
    if (this.#client.status === 'ready') return
    const connected = once(this.#client, 'ready', { signal: AbortSignal.timeout(this.#patience) })
    await connected.catch(() => {})
  }

  async close(): Promise<void> {
    this.#client.disconnect()
  }
}

function connect({ address, ca, timeout }: RedisSettings): Redis | Cluster {
  const { topology, hosts, username, password, database, primary, tls } = address
  const milliseconds = timeout * 1000
  const security = tls ? { tls: ca === undefined ? {} : { ca } } : {}
  const options: RedisOptions = {
    ...(username && { username }),
    ...(password && { password }),
    ...security,
    db: database,
    connectTimeout: milliseconds,
    commandTimeout: milliseconds,
    // A connection that says nothing for this long is given up, and with it what waits on it.
    socketTimeout: milliseconds,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1000),
    disableClientInfo: true,
  }
  if (topology === 'cluster') {
    return new Cluster([...hosts], {
      // No shared pipelines here: while a slot moves, the library's pipelines let ASKING slip to another command,
      // which then reads a record as missing. One by one each command follows its own redirections.
      redisOptions: { ...options, enableAutoPipelining: false },
      enableOfflineQueue: false,
      maxRedirections: REDIRECTIONS,
      // Not after a lost connection: the command may have been executed.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      retryDelayOnTryAgain: 50,
      slotsRefreshTimeout: milliseconds,
      slotsRefreshInterval: 10_000,
      clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 1000),
    })
  }
  if (topology === 'sentinel') {
    return new Redis({
      ...options,
      sentinels: [...hosts],
      name: primary ?? '',
      ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: security.tls }),
      sentinelRetryStrategy: (attempt) => Math.min(50 * attempt, 1000),
      // A primary that was demoted refuses writes: ask the sentinels anew.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    })
  }
  const [only] = hosts
  return new Redis({ ...options, ...only })
}

function translated(error: Error): Error {
  const { name, message } = error
  if (name === 'ReplyError') {
    if (message.startsWith('OOM'))
      return new StoreFull('Redis has no memory left (maxmemory); nothing was evicted')
    return new StoreUnavailable(message.slice(0, 200))
  }
  // Never sent: there was no connection to send it on.
  if (message.includes('enableOfflineQueue')) return new StoreUnavailable('there is no connection to Redis')
  return new OutcomeUnknown(message.slice(0, 200))
}

function complaint(cause: string): string {
  if (/^(NOAUTH|WRONGPASS)\b/.test(cause))
    return 'Redis refuses the user or the password; check REDIS_URL and REDIS_PASSWORD'
  if (cause.includes('DB index')) return 'Redis has no database of this number; check the end of REDIS_URL'
  if (cause.startsWith('NOPERM'))
    return 'Redis refuses this user a command; docs/deployment.md lists what it must be allowed'
  return 'Redis does not answer'
}

function causeOf(error: Error & { code?: string; lastNodeError?: Error }): string {
  return error.lastNodeError?.message ?? error.code ?? error.message
}
