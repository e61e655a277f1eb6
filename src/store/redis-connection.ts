import { once } from 'node:events'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { complaint, refusal } from './redis-complaints.ts'
import type { Script } from './redis-scripts.ts'
import type { RedisAddress } from './redis-url.ts'
import { type Report, StoreFull, StoreUnavailable } from './store.ts'

/** How Redis is reached. */
export interface Connected {
  address: RedisAddress
  /** PEM of the authority that signed the server's certificate, if the system does not know it. */
  ca?: string
  /** Seconds after which a command counts as unanswered. */
  timeout: number
}

/** The connection died, or the deadline passed, before the answer: the command may have been executed. */
export class OutcomeUnknown extends StoreUnavailable {
  override readonly name = 'OutcomeUnknown'
}

// Commands that may wait for an answer in this process. More would be a queue that outlives its clients.
const MAX_PENDING = 10_000
const REDIRECTIONS = 10
// The library's words.
const CLOSED = 'Connection is closed.'
// Milliseconds between two new connections because the server takes no writes, at first and at most.
const ANEW = 500
const ANEW_AT_MOST = 5000

/**
 * One client of Redis that never repeats a command by itself and never keeps one for later: every command is
 * answered, refused, or of unknown outcome, within the deadline. Commands of one turn of the event loop share a
 * pipeline, but on a cluster. It connects, and reconnects, in the background for as long as it is open, and also when
 * the server takes no writes: behind one address, another server may be the primary by now.
 */
export class RedisConnection {
  readonly #client: Redis | Cluster
  readonly #patience: number
  readonly #report: Report
  readonly #hosts: readonly string[]
  /** What was complained of since all was well: each once, not once for each try. */
  readonly #complaints = new Set<string>()
  #refused = false
  #closed = false
  #pending = 0

  constructor(settings: Connected, report: Report) {
    this.#patience = 2 * settings.timeout * 1000
    this.#client = connect(settings)
    this.#report = report
    this.#hosts = settings.address.hosts.map(({ host, port }) => `${host}:${port}`)
    this.#client.on('error', (error: Error & { command?: { name?: string } }) => {
      // After a failed SELECT the library would go on in database 0, which may be another installation's.
      if (error.command?.name === 'select') (this.#client as Redis).disconnect(true)
      const cause = causeOf(error)
      // Only consequences of an error that is already reported.
      if (/^Stream isn't writeable/.test(cause)) return
      if (cause === CLOSED && this.#complaints.size > 0) return
      this.#complain(complaint(cause, settings.address), cause)
    })
    let ready = false
    this.#client.on('close', () => {
      // Some servers just hang up.
      if (!ready && !this.#closed && this.#complaints.size === 0)
        this.#complain(complaint(CLOSED, settings.address), CLOSED)
      ready = false
    })
    this.#client.on('ready', () => {
      ready = true
      // A server that takes no writes is connected to again and again.
      if (!this.#refused) this.#wellAgain('connected to Redis')
    })
  }

  /** Calls `listener` at every connect, the first one too. */
  onReady(listener: () => void): void {
    this.#client.on('ready', listener)
  }

  /** Returns the answer to a command. Throws `OutcomeUnknown`, or `StoreUnavailable` if it surely had no effect. */
  async send(...command: readonly [string, ...string[]]): Promise<unknown> {
    if (this.#pending >= MAX_PENDING) throw new StoreUnavailable('too many commands wait for Redis')
    this.#pending++
    try {
      const [name, ...parameters] = command
      return await this.#client.call(name, ...parameters)
    } catch (error) {
      const { name, message } = error as Error
      const refused = name === 'ReplyError' ? refusal(message) : undefined
      if (refused !== undefined) {
        this.#refused = true
        this.#complain(refused, message.slice(0, 200))
      }
      throw translated(error as Error)
    } finally {
      this.#pending--
    }
  }

  /** Runs a script by its digest; sends its text if this Redis has not seen it yet. */
  async run({ sha, text }: Script, key: string, ...parameters: readonly string[]): Promise<unknown> {
    try {
      return await this.send('EVALSHA', sha, '1', key, ...parameters)
    } catch (error) {
      // Redis says so before it does anything.
      if (!(error instanceof StoreUnavailable) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.send('EVAL', text, '1', key, ...parameters)
    }
  }

  /**
   * Resolves if the server takes writes: it deletes `key`, which nobody makes, and so leaves no trace. Throws like
   * `send`.
   */
  async probe(key: string): Promise<void> {
    await this.send('DEL', key)
    if (!this.#refused) return
    this.#refused = false
    this.#wellAgain('Redis takes writes again')
  }

  /** Resolves when there is a connection, or after twice the deadline. */
  async reachable(): Promise<void> {
    if (this.#client.status === 'ready') return
    const connected = once(this.#client, 'ready', { signal: AbortSignal.timeout(this.#patience) })
    await connected.catch(() => {})
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#client.disconnect()
  }

  #complain(text: string, cause: string): void {
    if (this.#complaints.has(text)) return
    this.#complaints.add(text)
    this.#report('error', text, { cause, hosts: this.#hosts })
  }

  #wellAgain(text: string): void {
    this.#complaints.clear()
    this.#report('info', text, { hosts: this.#hosts })
  }
}

function connect({ address, ca, timeout }: Connected): Redis | Cluster {
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
      reconnectOnError: anew(),
    })
  }
  const [only] = hosts
  return new Redis({ ...options, ...only, reconnectOnError: anew() })
}

/** Says whether an answer is a reason to connect anew: at once, then ever more rarely, for reads still work there. */
function anew(): (error: Error) => boolean {
  let [pause, until] = [ANEW, 0]
  return ({ message }) => {
    const now = performance.now()
    if (refusal(message) === undefined || now < until) return false
    pause = now - until > ANEW_AT_MOST ? ANEW : Math.min(2 * pause, ANEW_AT_MOST)
    until = now + pause
    return true
  }
}

function translated(error: Error): Error {
  const { name, message } = error
  if (name === 'ReplyError') {
    if (message.startsWith('OOM'))
      return new StoreFull('Redis has no memory left (maxmemory); nothing was evicted')
    return new StoreUnavailable(message.slice(0, 200))
  }
  // The command was never sent: there was no connection.
  if (message.includes('enableOfflineQueue')) return new StoreUnavailable('there is no connection to Redis')
  return new OutcomeUnknown(
    /time(d )?out/i.test(message)
      ? 'Redis did not answer in time'
      : 'the connection to Redis ended before the answer',
  )
}

/** The cause of an error, in words for an operator: those of the system, or of Redis. */
function causeOf(error: Error & { code?: string; lastNodeError?: Error }): string {
  const cause = error.lastNodeError?.message ?? error.code ?? error.message
  return (
    cause
      // What sentinels answered stands at the end, after words that change with every try.
      .replace(/^All sentinels are unreachable.*Last error: /s, '')
      // The library takes it for a fault of its own, and asks to have it reported.
      .replace(/^Unknown RESP type \d+ (".*?").*$/s, 'an answer that begins with $1')
  )
}
