import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { OAuthError } from '../../protocol/errors.ts'
import { makeHandle, openHandle } from '../../secrets/handles.ts'
import type { Keys } from '../../secrets/keys.ts'
import { random } from '../../secrets/random.ts'
import type { NarrowedMetadata } from './metadata.ts'

// Bytes.
const SALT = 16
const LARGEST = 8192

/** What an id says of its client. */
export interface Sealed {
  metadata: NarrowedMetadata
  /** Undefined for a client that has none. */
  secret: string | undefined
}

/**
 * Makes the id of a client: what it is registered with, under an HMAC. Nothing is stored. Without a secret it is always the
 * same for the same metadata, so that one that registers at each connect has one consent; with a secret it has bits of its own,
 * or whoever registers the same would get the same secret. `keys` are those of registrations, which outlive `SECRET_KEYS`.
 * Throws `OAuthError` for more than an id can say: also for what is short only as long as it is packed, and could not be opened.
 */
export function sealId(keys: Keys, metadata: NarrowedMetadata): string {
  const text = Buffer.from(JSON.stringify(fieldsOf(metadata)))
  const salt = hasSecret(metadata) ? random(SALT) : Buffer.alloc(0)
  const facts = Buffer.concat([Buffer.from([salt.length]), salt, deflateRawSync(text)])
  const client_id = makeHandle(keys, 'ci', facts)
  if (text.length > LARGEST || openHandle(keys, 'ci', client_id) === undefined)
    throw new OAuthError(
      'invalid_client_metadata',
      'this is more than a client_id can say; register fewer redirect_uris',
    )
  return client_id
}

/** Opens a genuine id; undefined for any other. It is checked before anything is inflated, and inflated to a bounded length. */
export function openId(keys: Keys, client_id: string): Sealed | undefined {
  const metadata = metadataIn(openHandle(keys, 'ci', client_id))
  if (metadata === undefined) return undefined
  return { metadata, secret: hasSecret(metadata) ? secretOf(keys, client_id) : undefined }
}

/** What the facts of a `ci_` say. Throws what the inflater and `JSON.parse` throw, if nobody has proven them. */
export function metadataIn(facts: Buffer | undefined): NarrowedMetadata | undefined {
  const length = facts?.[0]
  if (facts === undefined || (length !== 0 && length !== SALT)) return undefined
  const text = inflateRawSync(facts.subarray(1 + length), { maxOutputLength: LARGEST })
  return JSON.parse(text.toString()) as NarrowedMetadata
}

/** Whether whoever registers so gets a secret. */
export function hasSecret({ token_endpoint_auth_method: method }: NarrowedMetadata): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post'
}

/** The secret of a client with this id: nobody has to keep it. */
function secretOf(keys: Keys, client_id: string): string {
  return keys.sign('ci_secret', client_id).toString('base64url')
}

/** A digest of what is registered: the same for every id that it has. */
export function digestOfMetadata(metadata: NarrowedMetadata): string {
  return hash('sha256', JSON.stringify(fieldsOf(metadata)), 'base64url')
}

// In one order, or the same client would have several ids.
function fieldsOf(metadata: NarrowedMetadata): NarrowedMetadata {
  const { client_name, redirect_uris, grant_types, token_endpoint_auth_method, scope, ...links } = metadata
  const sorted = Object.entries(links).sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    ...{
      client_name,
      redirect_uris,
      grant_types: [...grant_types].sort(),
      token_endpoint_auth_method,
      scope,
    },
    ...Object.fromEntries(sorted),
  }
}
