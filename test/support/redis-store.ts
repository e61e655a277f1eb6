import { loadConfig, type RedisConfig } from '../../src/config/config.ts'
import { RedisStore } from '../../src/store/redis.ts'
import type { Report } from '../../src/store/redis-connection.ts'
import { KEY } from './server.ts'

/** A Redis store as the configuration makes it. Connects in the background. */
export function redisStore(
  url: string,
  { env = {}, ...parts }: { env?: Record<string, string>; report?: Report; localTime?: () => number } = {},
): RedisStore {
  const { redis } = loadConfig({ SECRET_KEYS: KEY, STORE: 'redis', REDIS_URL: url, ...env })
  return new RedisStore({ ...(redis as RedisConfig), report: () => {}, ...parts })
}

/** The same, once it is connected. */
export async function openRedis(...of: Parameters<typeof redisStore>): Promise<RedisStore> {
  const store = redisStore(...of)
  await answering(store)
  return store
}

/** Resolves when the store answers; a test that waits longer than `seconds` fails. */
export async function answering(store: RedisStore, seconds = 10): Promise<void> {
  const until = Date.now() + seconds * 1000
  for (;;) {
    try {
      await store.ping()
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
