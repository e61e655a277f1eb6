import { migrated } from './migrations.ts'
import { OutcomeUnknown, RedisConnection } from './redis-connection.ts'
import { CREATE, DECREMENT, INCREMENT, LINK, REPLACE } from './redis-scripts.ts'
import { inspectServer } from './redis-server.ts'
import type { RedisSettings } from './redis-settings.ts'
import {
  type Counter,
  type Health,
  type IndexPage,
  type Kind,
  type Report,
  type Store,
  type StoredRecord,
  StoreFull,
  StoreUnavailable,
  type WriteOutcome,
} from './store.ts'
import { counterOf, type Tally } from './tally.ts'

export interface RedisOptions extends RedisSettings {
  report: Report
  /** Milliseconds since the epoch, as this machine has them. */
  localTime?: () => number
}

// Seconds that Redis keeps a record past its end. The record's own end decides, by the caller's clock: Redis'
// clock, or another node's, may be ahead.
const SLACK = 120
// Milliseconds between our clock and Redis' that are worth a word.
const SKEW = 5000
// Milliseconds between two looks at Redis' clock.
const CLOCK_EVERY = 30_000
const PAGE = '200'

/**
 * The store in Redis: one key for each record, `<prefix><kind>:<id>`, whose value is the revision, the end, and
 * the rest as JSON. Nothing needs a janitor: records, counters and indexes end by themselves.
 */
export class RedisStore implements Store {
  readonly name = 'redis'
  readonly #redis: RedisConnection
  /** A connection of its own for writes that replicas confirm: WAIT blocks what comes after it. */
  readonly #confirmed: RedisConnection | undefined
  readonly #options: RedisOptions
  readonly #localTime: () => number
  readonly #clockTimer: NodeJS.Timeout
  /** Milliseconds that Redis' clock is ahead of ours. */
  #skew = 0
  #warned = false

  constructor(options: RedisOptions) {
    const { report } = options
    this.#options = options
    this.#redis = new RedisConnection(options, report)
    this.#confirmed = options.replicas > 0 ? new RedisConnection(options, () => {}) : undefined
    this.#redis.onReady(() => {
      this.ping().then(
        () => inspectServer(this.#redis, report),
        () => {},
      )
    })
    this.#localTime = options.localTime ?? Date.now
    this.#clockTimer = setInterval(() => this.ping().catch(() => {}), CLOCK_EVERY).unref()
  }

  async create(kind: Kind, id: string, record: StoredRecord, now: number): Promise<WriteOutcome> {
    return this.#write(() =>
      this.#redis.run(CREATE, this.#key(kind, id), framed(record), forgottenAt(record), String(now)),
    )
  }

  async read<R extends StoredRecord>(kind: Kind, id: string, now: number): Promise<R | undefined> {
    return unframed<R>(kind, await this.#redis.send('GET', this.#key(kind, id)), now)
  }

  async replace(
    kind: Kind,
    id: string,
    revision: string,
    record: StoredRecord,
    now: number,
  ): Promise<WriteOutcome> {
    const key = this.#key(kind, id)
    return this.#confirmedWrite((redis) =>
      redis.run(REPLACE, key, revision, framed(record), forgottenAt(record), String(now)),
    )
  }

  async delete(kind: Kind, id: string): Promise<WriteOutcome> {
    return this.#confirmedWrite(async (redis) => {
      await redis.send('DEL', this.#key(kind, id))
      return 1
    })
  }

  async increment(id: string, expires_at: number, now: number): Promise<Counter | undefined> {
    const key = this.#key('counter', id)
    const before = await this.#redis.run(INCREMENT, key, String(expires_at), String(SLACK), String(now))
    return counterOf(tallyOf(before), now)
  }

  async decrement(id: string, expires_at: number): Promise<void> {
    await this.#redis.run(DECREMENT, this.#key('counter', id), String(expires_at), String(SLACK))
  }

  async counters(ids: readonly string[], now: number): Promise<readonly (Counter | undefined)[]> {
    const read = async (id: string) => tallyOf(await this.#redis.send('GET', this.#key('counter', id)))
    return Promise.all(ids.map(async (id) => counterOf(await read(id), now)))
  }

  async link(index: string, member: string, expires_at: number, now: number): Promise<number> {
    const key = this.#index(index)
    const link = async () =>
      Number(await this.#redis.run(LINK, key, member, String(expires_at), String(now - SLACK), String(SLACK)))
    try {
      return await link()
    } catch (error) {
      if (error instanceof StoreFull) throw error
      // Linking twice does no harm, and it must not fail beside a write that turns out to have been done.
      await this.reachable()
      return link()
    }
  }

  async unlink(index: string, member: string): Promise<void> {
    await this.#redis.send('ZREM', this.#index(index), member)
  }

  async list(index: string, now: number, cursor = '0'): Promise<IndexPage> {
    const reply = await this.#redis.send('ZSCAN', this.#index(index), cursor, 'COUNT', PAGE)
    const [next, flat] = reply as [string, string[]]
    const members = new Set<string>()
    for (let at = 0; at < flat.length; at += 2) {
      if (Number(flat[at + 1]) > now) members.add(flat[at] as string)
    }
    return next === '0' ? { members: [...members] } : { members: [...members], cursor: next }
  }

  async ping(): Promise<Health> {
    const before = this.#localTime()
    // Asked together, in one pipeline.
    const probe = this.#redis.probe(`${this.#options.prefix}probe`)
    const [time] = await Promise.all([this.#redis.send('TIME'), probe])
    const [seconds, microseconds] = time as [string, string]
    const here = (before + this.#localTime()) / 2
    this.#skew = Number(seconds) * 1000 + Number(microseconds) / 1000 - here
    // Never negative zero.
    const clock_skew = Math.round(this.#skew / 1000) + 0
    const skewed = Math.abs(this.#skew) > SKEW
    if (skewed && !this.#warned) {
      this.#options.report(
        'warn',
        "this machine's clock differs from Redis', which counts: check NTP on both",
        {
          clock_skew,
        },
      )
    }
    this.#warned = skewed
    return { clock_skew }
  }

  /** Redis' clock, as this machine last saw it. */
  clock(): number {
    return Math.floor((this.#localTime() + this.#skew) / 1000)
  }

  reachable(): Promise<void> {
    return this.#redis.reachable()
  }

  async close(): Promise<void> {
    clearInterval(this.#clockTimer)
    await Promise.all([this.#redis.close(), this.#confirmed?.close()])
  }

  #key(kind: Kind, id: string): string {
    return `${this.#options.prefix}${kind}:${id}`
  }

  #index(name: string): string {
    return `${this.#options.prefix}index:${name}`
  }

  async #write(command: () => Promise<unknown>): Promise<WriteOutcome> {
    try {
      return (await command()) === 1 ? 'won' : 'lost'
    } catch (error) {
      if (error instanceof OutcomeUnknown) return 'unknown'
      throw error
    }
  }

  async #confirmedWrite(command: (redis: RedisConnection) => Promise<unknown>): Promise<WriteOutcome> {
    const outcome = await this.#write(() => command(this.#confirmed ?? this.#redis))
    if (outcome === 'won' && this.#confirmed) await this.#confirm(this.#confirmed)
    return outcome
  }

  // Throws, and does not answer "unknown": reading the record back would find it on the primary and prove nothing.
  async #confirm(connection: RedisConnection): Promise<void> {
    const { replicas, timeout } = this.#options
    const confirmed = await connection.send('WAIT', String(replicas), String((timeout * 1000) / 2))
    if (Number(confirmed) >= replicas) return
    throw new StoreUnavailable(`${confirmed} of ${replicas} replicas confirmed a write in time`)
  }
}

function forgottenAt({ expires_at }: StoredRecord): string {
  return expires_at === undefined ? '' : String(expires_at + SLACK)
}

/** `<revision> <end or 0> <the rest as JSON>`: what the scripts compare stands in front. */
function framed({ revision, expires_at, ...rest }: StoredRecord): string {
  return `${revision} ${expires_at ?? 0} ${JSON.stringify(rest)}`
}

function unframed<R extends StoredRecord>(kind: Kind, value: unknown, now: number): R | undefined {
  if (typeof value !== 'string') return undefined
  const first = value.indexOf(' ')
  const second = value.indexOf(' ', first + 1)
  const expires_at = Number(value.slice(first + 1, second))
  if (expires_at !== 0 && expires_at <= now) return undefined
  const record = JSON.parse(value.slice(second + 1))
  record.revision = value.slice(0, first)
  if (expires_at !== 0) record.expires_at = expires_at
  return migrated(kind, record) as R
}

/** A counter's value is its tally, flat. */
function tallyOf(value: unknown): Tally {
  const numbers = typeof value === 'string' && value !== '' ? value.split(' ').map(Number) : []
  return numbers.flatMap((ends, at) => (at % 2 === 0 ? [[ends, numbers[at + 1] as number] as const] : []))
}
