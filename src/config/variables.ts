import {
  canonicalIssuer,
  isRepetitive,
  readHosts,
  readIssuer,
  readSecretKeys,
  readTrustProxy,
  readWorkers,
} from './readers.ts'
import { type RedisAddress, readRedisUrl } from './redis-url.ts'

/** One environment variable: how it is read, and what the operator is told about it. */
export interface Variable<T> {
  /** The value where the variable is not set; undefined where there is none. */
  default: T
  /** For `.env.example` and the docs: one sentence or two. */
  description: string
  /** What is allowed, completing "must be …". */
  allowed: string
  /** Parses a non-empty text; undefined where it is not allowed. */
  read: (text: string) => T | undefined
  /** How a refused text is to be written, where only its spelling is wrong. Not for secrets. */
  spelling?: (text: string) => string | undefined
  /** A secret has a `_FILE` twin and is never shown in an error. */
  secret?: true
  /** For the docs, where the default is not plain. */
  defaultText?: string
}

function text(default_: string, description: string): Variable<string> {
  return { default: default_, description, allowed: 'a text', read: (value) => value }
}

function oneOf<const T extends string>(allowed: readonly T[], default_: T, description: string): Variable<T> {
  return {
    default: default_,
    description,
    allowed: `one of ${allowed.join(', ')}`,
    read: (value) => allowed.find((one) => one === value),
  }
}

function integer(range: [number, number], default_: number, description: string): Variable<number> {
  const [min, max] = range
  return {
    default: default_,
    description,
    allowed: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
      return number >= min && number <= max ? number : undefined
    },
  }
}

const seconds = (range: [number, number], default_: number, description: string): Variable<number> =>
  integer(range, default_, `${description} Seconds.`)

const DAY = 86_400

/** Every variable that Postern reads. The type, the check, `.env.example` and the docs follow from this table. */
export const VARIABLES = {
  HOST: text('127.0.0.1', 'The address to listen on. The container image sets 0.0.0.0.'),
  PORT: integer([1, 65_535], 8000, 'The port to listen on.'),
  ISSUER: {
    default: '',
    defaultText: 'http://localhost:PORT',
    description:
      'The URL that clients and browsers know this server by, without a trailing slash. Every URL that is printed or published starts with it. https, or http on a loopback host.',
    allowed:
      'an https URL (http only on localhost), without query, fragment or trailing slash; in its path only letters, digits, - . _ ~ and /',
    read: readIssuer,
    spelling: canonicalIssuer,
  } satisfies Variable<string>,
  STORE: oneOf(
    ['memory', 'redis'],
    'memory',
    'Where grants, sessions and consents are kept. memory dies with the process; redis is shared by many.',
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
    ...text('', "The password for Redis, where it is not in REDIS_URL; stands before the URL's."),
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
  WORKERS: {
    default: 1,
    description:
      'How many processes serve the port. Needs STORE=redis where it is more than one. auto is one for each core.',
    allowed: 'auto or a whole number from 1 to 128',
    read: readWorkers,
  } satisfies Variable<number>,
  CONFIG_FILE: text('', 'YAML or JSON file with clients, users and scopes. Without one the demo runs.'),
  SECRET_KEYS: {
    default: [] as readonly string[],
    defaultText: 'random in the demo, else required',
    description:
      'Keys that sign tokens and cookies, each made by: openssl rand -hex 32. Between them commas or line breaks. The first signs, all verify.',
    allowed:
      'a list of different keys, each of 32 random bytes or more as text (43 characters or more), as openssl rand -hex 32 prints',
    read: readSecretKeys,
    secret: true,
  } satisfies Variable<readonly string[]>,
  ACCESS_TOKEN_TTL: seconds([1, DAY], 300, 'How long an access token lives.'),
  REFRESH_TOKEN_TTL: seconds([1, 3650 * DAY], 14 * DAY, 'How long a refresh token lives from its issue.'),
  REFRESH_TOKEN_GRACE: seconds(
    [0, 300],
    10,
    'How long a rotated refresh token still gets the same successor, for clients that lost an answer or raced themselves. 0 is strict.',
  ),
  GRANT_MAX_TTL: seconds(
    [0, 3650 * DAY],
    0,
    'The longest that a login keeps giving tokens, however often they are refreshed. 0 sets no limit.',
  ),
  AUTHORIZATION_CODE_TTL: seconds([1, 600], 60, 'How long an authorization code can be redeemed.'),
  ID_TOKEN_TTL: seconds([60, DAY], 3600, 'How long an ID token can be shown as fresh.'),
  SIGNING_KEYS_FILE: text(
    '',
    'JWK set with the private keys that sign ID tokens and JWT access tokens; made there where the file does not exist. Without it they are in the store: sealed in Redis, or gone with the process.',
  ),
  KEY_ROTATION: integer(
    [0, 3650],
    90,
    'Days after which the next signing key takes over; published an hour before. 0 leaves it to npm run rotate-keys.',
  ),
  PAIRWISE_SALT: {
    ...text(
      '',
      'What pairwise subjects are derived with, made by: openssl rand -hex 32. Needed where a client has subject_type: pairwise. Another value makes everybody somebody else there.',
    ),
    allowed: 'a text of at least 32 characters that do not repeat themselves',
    read: (value) => (value.length >= 32 && !isRepetitive(value) ? value : undefined),
    secret: true,
  } satisfies Variable<string>,
  ALLOW_PRIVATE_ADDRESSES: oneOf(
    ['false', 'true'],
    'false',
    'Whether requests to the URLs of clients (back-channel logout, sector identifiers) may go to private addresses and plain http. For applications in your own network.',
  ),
  SESSION_TTL: seconds([60, 365 * DAY], DAY / 2, 'How long a browser stays logged in after a login.'),
  SESSION_IDLE_TTL: seconds(
    [60, 365 * DAY],
    2 * 3600,
    'How long a browser stays logged in without being used: not less, and a tenth more at most, or a minute.',
  ),
  TRUST_PROXY: {
    default: [] as readonly string[],
    defaultText: '',
    description:
      'The addresses of the reverse proxies whose X-Forwarded-* headers are believed, comma-separated: IP addresses, CIDR ranges, or the names loopback, linklocal, uniquelocal.',
    allowed:
      'a comma-separated list of IP addresses, CIDR ranges (such as 10.1.2.0/24, never /0), loopback, linklocal or uniquelocal',
    read: readTrustProxy,
  } satisfies Variable<readonly string[]>,
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info', 'What to log.'),
  VIEWS_DIR: text(
    '',
    "A folder with templates to use instead of the built-in ones; start from a copy of 'views'.",
  ),
  DEMO_HOSTS: {
    default: [] as readonly string[],
    defaultText: '',
    description:
      'Further host names that the demo answers to, comma-separated. The demo has a known password: loopback only by default.',
    allowed: 'a comma-separated list of host names without ports',
    read: readHosts,
  } satisfies Variable<readonly string[]>,
} as const
