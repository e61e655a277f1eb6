import type { Lack } from './dialect.ts'
import type { Algorithm } from './registration.ts'

/** One kind of request, or of flow. */
export interface Workload {
  title: string
  /** What a server must have to be asked. */
  needs: readonly Lack[]
  /** The store that it runs on, and how many processes. */
  store: 'memory' | 'redis' | 'sqlite'
  /** What the disk must confirm, with SQLite. */
  sync?: 'full' | 'normal'
  processes: 1 | 2
  /** What is sent. */
  sends: Sends
  /** Whether a quick run has it. */
  quick: boolean
  /** Of the ID tokens. */
  algorithm?: Algorithm
  /** bcrypt's cost of the people's passwords. */
  cost?: number
}

export type Sends =
  | 'service'
  | 'jwt'
  | 'refresh'
  | 'introspect'
  | 'introspect_jwt'
  | 'metadata'
  | 'jwks'
  | 'flow'
  | 'openid_flow'
  | 'login'

const memory = { store: 'memory', processes: 1 } as const
const redis = { store: 'redis', processes: 1 } as const
const sqlite = { store: 'sqlite', processes: 1, sync: 'full' } as const

// With an ID token of each algorithm.
const openid = (algorithm: Algorithm) =>
  ({
    title: `code flow, logged in, with an ID token (${algorithm})`,
    sends: 'openid_flow',
    needs: ['flow', algorithm === 'RS256' ? 'openid' : 'algorithms'],
    ...memory,
    quick: false,
    algorithm,
  }) as const

/** Every workload, in the order of the document. */
export const WORKLOADS = {
  client_credentials: {
    title: 'client_credentials',
    sends: 'service',
    needs: ['opaque'],
    ...memory,
    quick: true,
  },
  jwt: { title: 'client_credentials, JWT (RS256)', sends: 'jwt', needs: ['jwt'], ...memory, quick: false },
  refresh: { title: 'refresh, as a chain', sends: 'refresh', needs: ['refresh'], ...memory, quick: true },
  introspect: { title: 'introspection', sends: 'introspect', needs: ['introspect'], ...memory, quick: true },
  introspect_jwt: {
    title: 'introspection of a JWT (RS256)',
    sends: 'introspect_jwt',
    needs: ['introspect', 'jwt'],
    ...memory,
    quick: false,
  },
  metadata: { title: 'metadata', sends: 'metadata', needs: ['metadata'], ...memory, quick: true },
  jwks: { title: 'key set', sends: 'jwks', needs: ['metadata'], ...memory, quick: false },
  flow: { title: 'code flow, logged in', sends: 'flow', needs: ['flow'], ...memory, quick: true },
  openid_RS256: openid('RS256'),
  openid_PS256: openid('PS256'),
  openid_ES256: openid('ES256'),
  openid_EdDSA: openid('EdDSA'),
  login: {
    title: 'code flow with login and consent (bcrypt 4)',
    sends: 'login',
    needs: ['login'],
    ...memory,
    quick: false,
    cost: 4,
  },
  login_12: {
    title: 'code flow with login and consent (bcrypt 12)',
    sends: 'login',
    needs: ['login'],
    ...memory,
    quick: false,
    cost: 12,
  },
  redis_client_credentials: {
    title: 'client_credentials on Redis',
    sends: 'service',
    needs: ['redis'],
    ...redis,
    quick: false,
  },
  redis_refresh: {
    title: 'refresh on Redis',
    sends: 'refresh',
    needs: ['redis', 'refresh'],
    ...redis,
    quick: false,
  },
  redis_introspect: {
    title: 'introspection on Redis',
    sends: 'introspect',
    needs: ['redis', 'introspect'],
    ...redis,
    quick: false,
  },
  redis_flow: {
    title: 'code flow, logged in, on Redis',
    sends: 'flow',
    needs: ['redis', 'flow'],
    ...redis,
    quick: false,
  },
  sqlite_refresh: {
    title: 'refresh on SQLite, the disk confirms each batch (full)',
    sends: 'refresh',
    needs: ['sqlite', 'refresh'],
    ...sqlite,
    quick: false,
  },
  sqlite_refresh_normal: {
    title: 'refresh on SQLite, the disk may be behind (normal)',
    sends: 'refresh',
    needs: ['sqlite', 'refresh'],
    ...sqlite,
    sync: 'normal',
    quick: false,
  },
  sqlite_introspect: {
    title: 'introspection on SQLite',
    sends: 'introspect',
    needs: ['sqlite', 'introspect'],
    ...sqlite,
    quick: false,
  },
  sqlite_flow: {
    title: 'code flow, logged in, on SQLite (full)',
    sends: 'flow',
    needs: ['sqlite', 'flow'],
    ...sqlite,
    quick: false,
  },
  sqlite_flow_normal: {
    title: 'code flow, logged in, on SQLite (normal)',
    sends: 'flow',
    needs: ['sqlite', 'flow'],
    ...sqlite,
    sync: 'normal',
    quick: false,
  },
  workers_client_credentials: {
    title: 'client_credentials, two workers',
    sends: 'service',
    needs: ['redis', 'workers'],
    store: 'redis',
    processes: 2,
    quick: false,
  },
  workers_refresh: {
    title: 'refresh on Redis, two workers',
    sends: 'refresh',
    needs: ['redis', 'refresh', 'workers'],
    store: 'redis',
    processes: 2,
    quick: false,
  },
} as const satisfies Record<string, Workload>

export type WorkloadId = keyof typeof WORKLOADS

export const workload = (id: WorkloadId): Workload => WORKLOADS[id]
