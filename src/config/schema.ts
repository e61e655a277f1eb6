import type { Static } from 'typebox'
import { BLOCKED_SCHEMA, type BlockedEntry } from './blocked.ts'
import { BRANDING_SCHEMA, type BrandingEntry } from './branding.ts'
import { CLIENT_SCHEMA } from './client-schema.ts'
import type { DocumentsEntry } from './documents.ts'
import { inLanguages } from './in-languages.ts'
import type { Schema } from './problems.ts'
import { algorithm, anything, flag, passwordHash, seconds, text, texts } from './schema-parts.ts'

/** A user: how to log in, and the standard claims of OpenID Connect Core §5.1. */
export const USER_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['username'],
  properties: {
    username: text,
    password: text,
    password_hash: passwordHash,
    sub: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x21-\\x7E]*$',
      says: { pattern: 'must be of printable ASCII characters without spaces' },
    },
    disabled: flag,
    since: text,
    groups: texts,
    roles: texts,
    claims: { type: 'object', additionalProperties: anything },
    name: text,
    given_name: text,
    family_name: text,
    middle_name: text,
    nickname: text,
    preferred_username: text,
    profile: text,
    picture: text,
    website: text,
    gender: text,
    birthdate: text,
    zoneinfo: text,
    locale: text,
    email: text,
    email_verified: flag,
    phone_number: text,
    phone_number_verified: flag,
    address: { type: 'object', additionalProperties: { type: 'string' } },
    updated_at: { type: 'integer' },
  },
} as const satisfies Schema

/** A resource (RFC 8707), in the metadata names of RFC 9728 §2, and in a client's for what its tokens look like. */
const RESOURCE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['resource'],
  properties: {
    resource: text,
    resource_name: text,
    sentence: text,
    ...inLanguages('resource_name', text),
    ...inLanguages('sentence', text),
    scopes: { type: 'array', minItems: 1, items: text },
    public: flag,
    access_token_format: { type: 'string', enum: ['opaque', 'jwt'] },
    access_token_signed_response_alg: algorithm,
    access_token_typ: { type: 'string', enum: ['at+jwt', 'JWT'] },
    access_token_ttl: seconds,
  },
} as const satisfies Schema

/** The whole of `CONFIG_FILE`. */
export const FILE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    // Files of this machine are the file's to name: no client of the store has any.
    clients: {
      type: 'array',
      items: { ...CLIENT_SCHEMA, properties: { ...CLIENT_SCHEMA.properties, branding: BRANDING_SCHEMA } },
    },
    users: { type: 'array', items: USER_SCHEMA },
    // A sentence, or a mapping as `SCOPE_SCHEMA` has it.
    scopes: { type: 'object', additionalProperties: anything },
    // A sentence, or a mapping as `GROUP_SCHEMA` has it.
    groups: { type: 'object', additionalProperties: anything },
    resources: { type: 'array', items: RESOURCE_SCHEMA },
    any_resource: flag,
    webfinger_domains: texts,
    branding: BRANDING_SCHEMA,
    languages: { type: 'array', minItems: 1, items: text },
    remember_logins: { type: 'string', enum: ['off', 'on'] },
    account_deletion: { type: 'string', enum: ['off', 'on'] },
    registration: { type: 'string', enum: ['off', 'open', 'token'] },
    // A word, a list of hosts, or a mapping: `documents` looks into it.
    client_id_metadata_documents: anything,
    blocked_clients: { type: 'array', items: BLOCKED_SCHEMA },
  },
} as const satisfies Schema

export const SENTENCE_SCHEMA = text

/** A scope with claims of one's own beside its sentence. */
export const SCOPE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['sentence'],
  properties: { sentence: text, claims: texts, public: flag, ...inLanguages('sentence', text) },
} as const satisfies Schema

/** A group: what its members have, and what nobody else may grant. */
export const GROUP_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sentence: text,
    claims: { type: 'object', additionalProperties: anything },
    scopes: texts,
  },
} as const satisfies Schema

export type ScopeEntry = Static<typeof SCOPE_SCHEMA>
export type GroupEntry = Static<typeof GROUP_SCHEMA>
export type ResourceEntry = Static<typeof RESOURCE_SCHEMA>
export type ClientEntry = Static<typeof CLIENT_SCHEMA>
export type UserEntry = Static<typeof USER_SCHEMA>

/** A client of the file: with whose the pages are, if its people are to see another name than everybody. */
export type FiledClient = ClientEntry & { branding?: BrandingEntry }

/** What the file (or the demo) describes. */
export interface Entries {
  clients: FiledClient[]
  users: UserEntry[]
  scopes: Record<string, string | ScopeEntry>
  groups?: Record<string, string | GroupEntry>
  /** What tokens may be for, beside this server. */
  resources?: ResourceEntry[]
  /** Whether tokens may also be for resources that nobody has described here. */
  any_resource?: boolean
  /** Whose addresses (`acct:…@domain`) have this server as their issuer. */
  webfinger_domains?: string[]
  /** Which languages the pages have. */
  languages?: string[]
  /** Whose pages these are. */
  branding?: BrandingEntry
  /** Whether people may stay logged in when they close the browser. */
  remember_logins?: 'off' | 'on'
  /** Whether people of the store may delete themselves. */
  account_deletion?: 'off' | 'on'
  /** Who may register a client: nobody, anybody, or who has an initial access token (RFC 7591 §3). */
  registration?: 'off' | 'open' | 'token'
  /** Whether the address of a document may be a `client_id`, and of which. */
  client_id_metadata_documents?: 'off' | 'on' | string[] | DocumentsEntry
  /** Which of those that introduced themselves are not let in. */
  blocked_clients?: BlockedEntry[]
}
