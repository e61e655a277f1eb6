import type { Redis } from 'ioredis'
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js'
import LRU from 'oidc-provider/lib/helpers/lru.js'

// Its own adapter forgets all but a thousand records: the people here would be logged out in the middle of a round.
const PLACES = 100_000

type Payload = Record<string, unknown> & { grantId?: string; uid?: string; consumed?: number }

/** oidc-provider's own adapter in memory, with more room; or with an URL, one on Redis. */
export async function adapterOf(redisUrl: string): Promise<(model: string) => unknown> {
  if (redisUrl === '') {
    const storage = new LRU({ maxSize: PLACES })
    return (model) => new MemoryAdapter(model, storage)
  }
  const { Redis: Client } = await import('ioredis')
  const redis = new Client(redisUrl)
  return (model) => new RedisAdapter(redis, model)
}

const CONSUMABLE = new Set([
  'AuthorizationCode',
  'RefreshToken',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
])
const GRANTABLE = new Set([...CONSUMABLE, 'AccessToken'])

/** What the library asks of a store, in the fewest commands: each write is one pipeline. */
class RedisAdapter {
  readonly #redis: Redis
  readonly #model: string

  constructor(redis: Redis, model: string) {
    this.#redis = redis
    this.#model = model
  }

  async upsert(id: string, payload: Payload, expiresIn: number): Promise<void> {
    const key = this.#key(id)
    const multi = this.#redis.multi()
    if (CONSUMABLE.has(this.#model)) multi.hset(key, { payload: JSON.stringify(payload) })
    else multi.set(key, JSON.stringify(payload))
    if (expiresIn) multi.expire(key, expiresIn)
    if (GRANTABLE.has(this.#model) && payload.grantId) {
      const members = `bench:grant:${payload.grantId}`
      multi.rpush(members, key)
      multi.expire(members, expiresIn, 'GT').expire(members, expiresIn, 'NX')
    }
    if (this.#model === 'Session' && payload.uid) multi.set(`bench:uid:${payload.uid}`, id, 'EX', expiresIn)
    await multi.exec()
  }

  async find(id: string): Promise<Payload | undefined> {
    if (!CONSUMABLE.has(this.#model)) {
      const text = await this.#redis.get(this.#key(id))
      return text === null ? undefined : JSON.parse(text)
    }
    const { payload, consumed } = await this.#redis.hgetall(this.#key(id))
    if (payload === undefined) return undefined
    return { ...JSON.parse(payload), ...(consumed !== undefined && { consumed: Number(consumed) }) }
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    const id = await this.#redis.get(`bench:uid:${uid}`)
    return id === null ? undefined : this.find(id)
  }

  async findByUserCode(): Promise<undefined> {
    return undefined
  }

  async destroy(id: string): Promise<void> {
    await this.#redis.del(this.#key(id))
  }

  async consume(id: string): Promise<void> {
    await this.#redis.hset(this.#key(id), 'consumed', Math.floor(Date.now() / 1000))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const members = `bench:grant:${grantId}`
    const keys = await this.#redis.lrange(members, 0, -1)
    await this.#redis.del(members, ...keys)
  }

  #key(id: string): string {
    return `bench:${this.#model}:${id}`
  }
}
