import { STORES, type StoreName } from '../../store/index.ts'
import { type RedisAddress, readRedisUrl } from '../../store/redis-url.ts'
import { fixed, integer, oneOf, seconds, text, type Variable } from './variable.ts'

const summaries = Object.entries(STORES).map(([name, { summary }]) => `${name} ${summary}`)

/** Where the state is kept. */
export const STORE = fixed({
  STORE: oneOf(
    Object.keys(STORES) as StoreName[],
    'memory',
    `Where grants, sessions and consents are kept. ${summaries.join('; ')}.`,
  ),
  SQLITE_FILE: text(
    '',
    'The file of the store sqlite; made if it does not exist. With it set, a configuration without STORE uses that store. The container image sets /data/postern.db.',
  ),
  SQLITE_SYNC: oneOf(
    ['full', 'normal'],
    'full',
    'full: what was answered is on the disk, whatever happens. normal: a power failure may take the last moments, a crash of the process nothing; faster by what the disk takes to confirm.',
  ),
  REDIS_URL: {
    default: { topology: 'single', tls: false, hosts: [{ host: 'localhost', port: 6379 }], database: 0 },
    defaultText: 'redis://localhost:6379',
    description:
      'Where Redis is: redis://user:password@host:port/database, rediss:// for TLS, several hosts with commas between them for a Redis Cluster, redis+sentinel://host:port,host:port/primary for Sentinel. Redis 7 or Valkey 8 and later.',
    allowed: 'a redis:, rediss:, redis+sentinel: or rediss+sentinel: URL',
    read: readRedisUrl,
    secret: true,
  } satisfies Variable<RedisAddress> as Variable<RedisAddress>,
  REDIS_PASSWORD: {
    ...text('', 'The password for Redis; overrides the one in REDIS_URL.'),
    secret: true,
  } satisfies Variable<string>,
  REDIS_CA_FILE: text('', 'PEM file of the authority that signed the certificate of Redis, for rediss://.'),
  REDIS_PREFIX: text('postern:', 'In front of every key, so that a Redis can be shared.'),
  REDIS_TIMEOUT: seconds([1, 60], 1, 'How long a command may stay unanswered.'),
  REDIS_WAIT_REPLICAS: integer(
    [0, 10],
    0,
    'How many replicas must confirm each single-use write (WAIT) before it is answered. 0 asks none. Not with a Redis Cluster.',
  ),
})
