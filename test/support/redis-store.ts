import { readFileSync } from 'node:fs'
import { loadConfig } from '../../src/config/config.ts'
import { RedisStore } from '../../src/store/redis.ts'
import { redisSettings } from '../../src/store/redis-settings.ts'
import type { Report } from '../../src/store/store.ts'
import { KEY } from './server.ts'
import { until } from './until.ts'

// A deadline that a busy machine keeps.
const COMMON = { SECRET_KEYS: KEY, STORE: 'redis', REDIS_TIMEOUT: '5' }

/** A Redis store as its variables make it. Connects in the background. */
export function redisStore(
  url: string,
  { env = {}, ...parts }: { env?: Record<string, string>; report?: Report; localTime?: () => number } = {},
): RedisStore {
  const config = loadConfig({ ...COMMON, REDIS_URL: url, ...env })
  const settings = redisSettings(config.env, {
    read: (_name, path) => readFileSync(path, 'utf8'),
    fail: (problem) => {
      throw new Error(problem)
    },
  })
  return new RedisStore({ ...settings, report: () => {}, ...parts })
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
