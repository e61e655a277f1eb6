import { SIGNING_ALGORITHMS } from '../protocol/algorithms.ts'
import { MAKE_HASH } from './config-error.ts'
import type { Schema } from './problems.ts'

export const seconds = { type: 'integer', minimum: 1, maximum: 315_360_000 } as const satisfies Schema
export const text = { type: 'string', minLength: 1 } as const satisfies Schema
export const algorithm = { type: 'string', enum: SIGNING_ALGORITHMS } as const satisfies Schema
export const texts = { type: 'array', items: text } as const satisfies Schema
export const anything = {} as const satisfies Schema
export const flag = { type: 'boolean' } as const satisfies Schema

// The cost of bcrypt is an exponent: 18 already takes a minute. What a hash of Argon2 must be is a rule of `passwords`.
export const passwordHash = {
  type: 'string',
  pattern: '^(\\$2[aby]\\$(0[4-9]|1[0-7])\\$[./A-Za-z0-9]{53}|\\$argon2[a-z]*(\\$[^$]+){3,})$',
  says: {
    pattern: `is not a hash of bcrypt (of a cost from 04 to 17) or Argon2id (whose commas need quotes between { and }); ${MAKE_HASH}`,
  },
} as const satisfies Schema
