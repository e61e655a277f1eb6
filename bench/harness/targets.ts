import { fileURLToPath } from 'node:url'
import type { Dialect } from './dialect.ts'
import { aioauth, keycloak, zitadel } from './others.ts'
import { SECRET } from './registration.ts'
import type { Setup } from './setup.ts'
import type { WorkloadId } from './workloads.ts'

/** How a server of another language is had and run. */
export interface Program {
  /** Builds or downloads it, unless it is there. Throws if the toolchain is missing. */
  install(): void
  command(): readonly string[]
  /** Seconds that it may take until it listens. */
  within?: number
  /** How many times as long as others it takes to be warm. */
  warmUp?: number
  /** Its version, and what runs it. */
  version(): string
}

/** A server that is measured. */
export interface Target {
  name: string
  dialect: Dialect
  script: string
  /** Its environment beside the common one. */
  env: (setup: Setup) => Record<string, string>
  /** Whether a quick run has no time for it. */
  slow?: true
  /** Whether its answers are Postern's, header for header. */
  same?: true
  /** A program that is none of Node's. Runs only if all are asked for. */
  program?: Program
  /** What it checks or stores less than Postern (or does otherwise), for the workloads where it matters. */
  marks: readonly { sign: string; workloads: readonly WorkloadId[] | 'all'; sentence: string }[]
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const OURS: Dialect = {
  token: '/oauth/tokenize',
  introspect: '/oauth/introspect',
  authorize: '/oauth/authorize',
  metadata: '/.well-known/oauth-authorization-server',
  jwks: '/oauth/jwks',
  lacks: [],
}

const LIMIT: Dialect = { ...OURS, lacks: ['flow', 'login', 'redis', 'sqlite', 'openid', 'workers'] }
// Nothing is proved for a document.
const PROOF: Dialect = { ...LIMIT, lacks: [...LIMIT.lacks, 'metadata'] }

// Of servers of other languages only this is asked.
const SERVICES: Dialect = {
  ...OURS,
  token: '/oauth/token',
  lacks: [
    'metadata',
    'introspect',
    'flow',
    'login',
    'refresh',
    'redis',
    'sqlite',
    'workers',
    'openid',
    'algorithms',
  ],
}

export const TARGETS = {
  postern: {
    name: 'Postern',
    dialect: OURS,
    script: at('../../src/start.js'),
    env: ({ configFile, secretKey, redisUrl, sqlite, processes }) => ({
      CONFIG_FILE: configFile,
      SECRET_KEYS: secretKey,
      ...(redisUrl !== undefined && { STORE: 'redis', REDIS_URL: redisUrl, WORKERS: String(processes) }),
      ...(sqlite !== undefined && { SQLITE_FILE: sqlite.file, SQLITE_SYNC: sqlite.sync }),
    }),
    marks: [],
  },
  proof: {
    name: 'Fastify with the proof work',
    dialect: PROOF,
    script: at('../servers/limit.ts'),
    env: () => ({ WORK: 'proof' }),
    same: true,
    marks: [],
  },
  bare: {
    name: 'bare Fastify',
    dialect: { ...LIMIT, genuine: false },
    script: at('../servers/limit.ts'),
    env: ({ documents }) => ({ ...documents }),
    same: true,
    marks: [],
  },
  oidc: {
    name: 'oidc-provider',
    dialect: {
      token: '/token',
      introspect: '/token/introspection',
      authorize: '/auth',
      metadata: '/.well-known/openid-configuration',
      jwks: '/jwks',
      lacks: ['sqlite', 'workers'],
    },
    script: at('../peers/oidc-provider.ts'),
    env: () => ({}),
    marks: [
      {
        sign: '¹',
        workloads: 'all',
        sentence:
          "its own adapter in memory, with 100,000 places instead of 1,000, which would log people out; beyond them it forgets records that are still good. Its adapter for Redis is the benchmark's, one pipeline a write.",
      },
      {
        sign: '²',
        workloads: ['login', 'login_12'],
        sentence:
          "the pages are the benchmark's and the smallest there are; they have no token against forged posts, and no wrong password is counted.",
      },
    ],
  },
  node_oauth: {
    name: '@node-oauth/oauth2-server',
    dialect: {
      token: '/token',
      introspect: '/introspect',
      authorize: '/authorize',
      metadata: '',
      jwks: '',
      lacks: ['jwt', 'metadata', 'redis', 'sqlite', 'workers', 'openid', 'algorithms'],
    },
    script: at('../peers/node-oauth.ts'),
    env: () => ({}),
    marks: [
      {
        sign: '³',
        workloads: 'all',
        sentence:
          "a library: the store, the pages and the check of the secret (SHA-256, as ours) are the benchmark's. Tokens are random and kept in a Map as they are, where nothing ends them but their use; whether the person is still there is not asked.",
      },
      {
        sign: '⁴',
        workloads: ['refresh'],
        sentence:
          'a refresh token is deleted at its use: one that is used twice is refused, but ends nothing, the access tokens of before go on, and a client that has lost an answer is logged out.',
      },
      {
        sign: '⁵',
        workloads: ['introspect'],
        sentence: "it has none: a route of the benchmark's, one look into the Map.",
      },
      {
        sign: '⁶',
        workloads: ['flow', 'login', 'login_12'],
        sentence:
          'a session is a random cookie in a Map, an approval a flag in it: no decision is stored, no form is protected, no wrong password is counted, no idle time is kept.',
      },
    ],
  },
  better_auth: {
    name: 'better-auth',
    dialect: {
      token: '/api/auth/oauth2/token',
      introspect: '/api/auth/oauth2/introspect',
      authorize: '/api/auth/oauth2/authorize',
      metadata: '/api/auth/.well-known/openid-configuration',
      jwks: '/api/auth/jwks',
      offline: 'offline_access',
      resource: '/api',
      ownTokensOnly: true,
      lacks: ['redis', 'sqlite', 'workers', 'algorithms'],
    },
    script: at('../peers/better-auth.ts'),
    slow: true,
    env: () => ({}),
    marks: [
      {
        sign: '⁷',
        workloads: 'all',
        sentence:
          'on SQLite in memory (its adapter in memory searches lists from their beginning): it asks the database for everything, a client too, at each request, and stores more than Postern does. Its limit of requests is off: it would refuse nearly all of these.',
      },
      {
        sign: '⁸',
        workloads: ['introspect', 'introspect_jwt'],
        sentence:
          'it answers only the client that the token was given to, which asks here; elsewhere a resource server does.',
      },
      {
        sign: '⁹',
        workloads: ['login', 'login_12'],
        sentence: "the pages are the benchmark's, and the smallest there are; no wrong password is counted.",
      },
    ],
  },
  zitadel: {
    name: 'zitadel/oidc (Go)',
    dialect: SERVICES,
    script: '',
    env: () => ({ SECRET }),
    program: zitadel,
    marks: [
      {
        sign: '¹⁰',
        workloads: 'all',
        sentence:
          'its example server, with its storage in memory, where nothing ends a token. The secret is compared as text; an opaque token is an encrypted JWE. One log line.',
      },
    ],
  },
  aioauth: {
    name: 'aioauth (Python)',
    dialect: { ...SERVICES, token: '/token', lacks: [...SERVICES.lacks, 'jwt'] },
    script: '',
    env: () => ({ SECRET }),
    program: aioauth,
    marks: [
      {
        sign: '¹¹',
        workloads: 'all',
        sentence:
          "a library, on FastAPI and uvicorn with uvloop: storage (a dictionary that nothing clears) and the check of the secret (SHA-256) are the benchmark's. It makes a refresh token, too. Each log line is a write of its own.",
      },
    ],
  },
  keycloak: {
    name: 'Keycloak (Java)',
    dialect: {
      ...SERVICES,
      token: '/realms/bench/protocol/openid-connect/token',
      lacks: [...SERVICES.lacks, 'opaque'],
    },
    script: '',
    env: () => ({ SECRET, JAVA_OPTS_KC_HEAP: '-Xms256m -Xmx1g' }),
    program: keycloak,
    marks: [
      {
        sign: '¹²',
        workloads: 'all',
        sentence:
          'its distribution with H2 in memory; every access token is a JWT, for a service account that is a person of the realm. A success is no log line.',
      },
    ],
  },
} as const satisfies Record<string, Target>

export type TargetId = keyof typeof TARGETS

export const target = (id: TargetId): Target => TARGETS[id]
