import { loadConfig, type RedisConfig } from '../../src/config/config.ts'
import { RedisStore } from '../../src/store/redis.ts'
import type { Report } from '../../src/store/redis-connection.ts'
import { KEY } from './server.ts'
import { until } from './until.ts'

// A deadline that a busy machine keeps.
const COMMON = { SECRET_KEYS: KEY, STORE: 'redis', REDIS_TIMEOUT: '5' }

/** A Redis store as the configuration makes it. Connects in the background. */
export function redisStore(
  url: string,
  { env = {}, ...parts }: { env?: Record<string, string>; report?: Report; localTime?: () => number } = {},
): RedisStore {
  const { redis } = loadConfig({ ...COMMON, REDIS_URL: url, ...env })
  return new RedisStore({ ...(redis as RedisConfig), report: () => {}, ...parts })
}

/** The same, once it is connected. */
export async function openRedis(...of: Parameters<typeof redisStore>): Promise<RedisStore> {
  const store = redisStore(...of)
  await answering(store)
  return store
}

/** Resolves when the store answers. */
export async function answering(store: RedisStore): Promise<void> {
  let last: unknown
  const answers = () =>
    store.ping().then(
      () => true,
      (error) => {
        last = error
        return false
      },
    )
  await until(answers, () => `an answer of Redis: ${last}`)
}
