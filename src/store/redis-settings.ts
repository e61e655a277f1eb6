import type { Connected } from './redis-connection.ts'
import type { RedisAddress } from './redis-url.ts'
import type { SettingsReader, StoreType } from './store-type.ts'

/** The variables that say how Redis is used. */
export interface RedisVariables {
  REDIS_URL: RedisAddress
  REDIS_PASSWORD: string
  REDIS_CA_FILE: string
  REDIS_PREFIX: string
  /** Seconds. */
  REDIS_TIMEOUT: number
  REDIS_WAIT_REPLICAS: number
}

/** How a Redis is reached and used. */
export interface RedisSettings extends Connected {
  /** In front of every key. */
  prefix: string
  /** How many replicas must confirm a compare-and-swap before it counts; 0 for none. */
  replicas: number
}

/** The store in Redis: what its variables say, and what they must not say together. */
export const REDIS: StoreType<RedisVariables> = {
  summary: 'is shared by many',
  durable: true,
  shared: true,
  configure: (variables, reader) => {
    const settings = redisSettings(variables, reader)
    return async (report) => {
      const { RedisStore } = await import('./redis.ts')
      return new RedisStore({ ...settings, report })
    }
  },
}

/** Reads the settings of Redis. Fails by `reader` if they contradict each other, or the CA's file cannot be read. */
export function redisSettings(variables: RedisVariables, { read, fail }: SettingsReader): RedisSettings {
  const { REDIS_URL, REDIS_PASSWORD, REDIS_CA_FILE, REDIS_WAIT_REPLICAS } = variables
  if (REDIS_CA_FILE && !REDIS_URL.tls)
    fail('REDIS_CA_FILE is set, but REDIS_URL uses no TLS; write it with rediss:')
  if (REDIS_WAIT_REPLICAS > 0 && REDIS_URL.topology === 'cluster')
    fail(`REDIS_WAIT_REPLICAS is ${REDIS_WAIT_REPLICAS}; it must be 0 with a Redis Cluster`)
  return {
    address: { ...REDIS_URL, ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) },
    ...(REDIS_CA_FILE && { ca: read('REDIS_CA_FILE', REDIS_CA_FILE) }),
    prefix: variables.REDIS_PREFIX,
    timeout: variables.REDIS_TIMEOUT,
    replicas: REDIS_WAIT_REPLICAS,
  }
}
