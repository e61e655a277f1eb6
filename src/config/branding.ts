import type { Static } from 'typebox'
import type { Schema } from './problems.ts'
import { text } from './schema-parts.ts'

/** Whose pages these are. Files are named from the working folder on. */
export const BRANDING_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 80 },
    logo: text,
    logo_dark: text,
    favicon: text,
    accent: {
      type: 'string',
      pattern: '^#[0-9a-fA-F]{6}$',
      says: { pattern: 'must be a colour as #2f5d50, in quotes' },
    },
    support: {
      type: 'string',
      pattern: '^(https://|mailto:)[\\x21-\\x7E]+$',
      says: { pattern: 'must begin with https:// or mailto:' },
    },
    links: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['text', 'href'],
        properties: {
          text,
          href: {
            type: 'string',
            pattern: '^https://[\\x21-\\x7E]+$',
            says: { pattern: 'must begin with https://' },
          },
        },
      },
    },
    legal: text,
  },
} as const satisfies Schema

export type BrandingEntry = Static<typeof BRANDING_SCHEMA>
