import type { Static } from 'typebox'
import { ASSERTION_ALGORITHMS, SIGNING_ALGORITHMS } from '../protocol/algorithms.ts'
import { RESPONSE_TYPES } from '../protocol/response-type.ts'
import { MAKE_HASH } from './config-error.ts'
import type { Schema } from './problems.ts'

const seconds = { type: 'integer', minimum: 1, maximum: 315_360_000 } as const satisfies Schema
const text = { type: 'string', minLength: 1 } as const satisfies Schema
const algorithm = { type: 'string', enum: SIGNING_ALGORITHMS } as const satisfies Schema
const texts = { type: 'array', items: text } as const satisfies Schema
const anything = {} as const satisfies Schema
const flag = { type: 'boolean' } as const satisfies Schema

// The cost of bcrypt is an exponent: 18 already takes a minute. What a hash of Argon2 must be is a rule of `passwords`.
const passwordHash = {
  type: 'string',
  pattern: '^(\\$2[aby]\\$(0[4-9]|1[0-7])\\$[./A-Za-z0-9]{53}|\\$argon2[a-z]*(\\$[^$]+){3,})$',
  says: {
    pattern: `is not a hash of bcrypt (of a cost from 04 to 17) or Argon2id (whose commas need quotes between { and }); ${MAKE_HASH}`,
  },
} as const satisfies Schema

const clientSecret = {
  type: 'string',
  minLength: 16,
  pattern: '^[\\x20-\\x7E]*$',
  says: {
    // RFC 6749 §2.3.1: a secret that can be tried out is none.
    minLength: 'has fewer than 16 characters and can be guessed; make one with: openssl rand -hex 32',
    // RFC 6749 A.2: client-secret = *VSCHAR. A client could never send any other.
    pattern:
      'has a character that is not printable ASCII, such as a line break or an umlaut; make one with: openssl rand -hex 32',
  },
} as const satisfies Schema

/** A client, in the metadata names of RFC 7591 §2 and a few of our own. */
export const CLIENT_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['client_id'],
  properties: {
    client_id: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x20-\\x7E]*$',
      says: { pattern: 'must be of printable ASCII characters' },
    },
    client_secret: clientSecret,
    client_secret_hash: passwordHash,
    client_secrets: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: text,
          client_secret: clientSecret,
          client_secret_hash: passwordHash,
          until: text,
        },
      },
    },
    client_name: text,
    logo_uri: text,
    client_uri: text,
    policy_uri: text,
    tos_uri: text,
    redirect_uris: texts,
    // Registration refuses unknown names: the rules have the table of the grant types.
    grant_types: { type: 'array', minItems: 1, items: text },
    response_types: { type: 'array', minItems: 1, items: { type: 'string', enum: RESPONSE_TYPES } },
    scope: { type: 'string', maxLength: 2000 },
    default_scope: { type: 'string' },
    token_endpoint_auth_method: {
      type: 'string',
      enum: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    },
    token_endpoint_auth_signing_alg: { type: 'string', enum: ASSERTION_ALGORITHMS },
    // Registration looks into the keys. RFC 7517 §5: other members are ignored.
    jwks: {
      type: 'object',
      required: ['keys'],
      properties: {
        keys: { type: 'array', minItems: 1, items: { type: 'object', additionalProperties: anything } },
      },
      additionalProperties: anything,
    },
    jwks_uri: text,
    require_issuer_audience: flag,
    require_pkce: flag,
    allow_plain_pkce: flag,
    skip_consent: flag,
    trust_loopback: flag,
    introspect_any: flag,
    id_token_signed_response_alg: algorithm,
    userinfo_signed_response_alg: algorithm,
    access_token_format: { type: 'string', enum: ['opaque', 'jwt'] },
    access_token_signed_response_alg: algorithm,
    access_token_typ: { type: 'string', enum: ['at+jwt', 'JWT'] },
    allowed_groups: { type: 'array', minItems: 1, items: text },
    claims_in_id_token: flag,
    claim_names: { type: 'object', additionalProperties: text },
    claim_types: { type: 'object', additionalProperties: { type: 'string', enum: ['list', 'string'] } },
    claims: { type: 'object', additionalProperties: anything },
    subject_type: { type: 'string', enum: ['public', 'pairwise'] },
    sector_identifier_uri: text,
    sector: text,
    default_max_age: { type: 'integer', minimum: 0, maximum: 315_360_000 },
    require_auth_time: flag,
    post_logout_redirect_uris: texts,
    backchannel_logout_uri: text,
    backchannel_logout_session_required: flag,
    frontchannel_logout_uri: text,
    frontchannel_logout_session_required: flag,
    access_token_ttl: seconds,
    refresh_token_ttl: seconds,
    refresh_token_grace: { type: 'integer', minimum: 0, maximum: 300 },
    authorization_code_ttl: { type: 'integer', minimum: 1, maximum: 600 },
    grant_max_ttl: seconds,
  },
} as const satisfies Schema

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
    clients: { type: 'array', items: CLIENT_SCHEMA },
    users: { type: 'array', items: USER_SCHEMA },
    // A sentence, or a mapping as `SCOPE_SCHEMA` has it.
    scopes: { type: 'object', additionalProperties: anything },
    // A sentence, or a mapping as `GROUP_SCHEMA` has it.
    groups: { type: 'object', additionalProperties: anything },
    resources: { type: 'array', items: RESOURCE_SCHEMA },
    any_resource: flag,
    webfinger_domains: texts,
    registration: { type: 'string', enum: ['off', 'open', 'token'] },
  },
} as const satisfies Schema

export const SENTENCE_SCHEMA = text

/** A scope with claims of one's own beside its sentence. */
export const SCOPE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['sentence'],
  properties: { sentence: text, claims: texts, public: flag },
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

/** What the file (or the demo) describes. */
export interface Entries {
  clients: ClientEntry[]
  users: UserEntry[]
  scopes: Record<string, string | ScopeEntry>
  groups?: Record<string, string | GroupEntry>
  /** What tokens may be for, beside this server. */
  resources?: ResourceEntry[]
  /** Whether tokens may also be for resources that nobody has described here. */
  any_resource?: boolean
  /** Whose addresses (`acct:…@domain`) have this server as their issuer. */
  webfinger_domains?: string[]
  /** Who may register a client: nobody, anybody, or who has an initial access token (RFC 7591 §3). */
  registration?: 'off' | 'open' | 'token'
}
