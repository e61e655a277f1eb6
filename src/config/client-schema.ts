import { ASSERTION_ALGORITHMS } from '../protocol/algorithms.ts'
import { RESPONSE_TYPES } from '../protocol/response-type.ts'
import { inLanguages } from './in-languages.ts'
import type { Schema } from './problems.ts'
import { algorithm, anything, flag, passwordHash, seconds, text, texts } from './schema-parts.ts'

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
    ...inLanguages('client_name', text),
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
    consent_lifetimes: { type: 'array', minItems: 1, items: seconds },
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
