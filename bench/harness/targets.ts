import { fileURLToPath } from 'node:url'
import type { Dialect } from './dialect.ts'
import type { Setup } from './setup.ts'
import type { WorkloadId } from './workloads.ts'

/** A server that is measured. */
export interface Target {
  name: string
  dialect: Dialect
  script: string
  /** Its environment beside the common one. */
  env: (setup: Setup) => Record<string, string>
  /** Whether its answers are Postern's, header for header. */
  same?: true
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

const LIMIT: Dialect = { ...OURS, lacks: ['flow', 'login', 'redis', 'openid', 'workers'] }
// Nothing is proved for a document.
const PROOF: Dialect = { ...LIMIT, lacks: [...LIMIT.lacks, 'metadata'] }

export const TARGETS = {
  postern: {
    name: 'Postern',
    dialect: OURS,
    script: at('../../src/start.js'),
    env: ({ configFile, secretKey, redisUrl, processes }) => ({
      CONFIG_FILE: configFile,
      SECRET_KEYS: secretKey,
      ...(redisUrl !== undefined && { STORE: 'redis', REDIS_URL: redisUrl, WORKERS: String(processes) }),
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
} as const satisfies Record<string, Target>

export type TargetId = keyof typeof TARGETS

export const target = (id: TargetId): Target => TARGETS[id]
