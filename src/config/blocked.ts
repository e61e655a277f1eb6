import type { Static } from 'typebox'
import type { Schema } from './problems.ts'

const host = { type: 'string', minLength: 1, maxLength: 255 } as const satisfies Schema

/** A rule about clients that introduced themselves: one of its members, as `clients/introduced/block-rule.ts` reads it. */
export const BLOCKED_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    redirect_host: host,
    document_host: host,
    client_name: { type: 'string', minLength: 1, maxLength: 200 },
    approved_before: { type: 'string', minLength: 1, maxLength: 40 },
  },
} as const satisfies Schema

export type BlockedEntry = Static<typeof BLOCKED_SCHEMA>
