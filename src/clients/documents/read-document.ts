import { hash } from 'node:crypto'
import { translationsIn } from '../../config/in-languages.ts'
import { OAuthError, quoted } from '../../protocol/errors.ts'
import { type NarrowedMetadata, narrowed } from '../introduced/metadata.ts'

/** What a document says of its client. */
export interface ClientDocument {
  readonly client_id: string
  readonly metadata: NarrowedMetadata
  /** Where its logo is; not where it is shown from. */
  readonly logo_uri?: string
  /** Digest of what a person sees and where they may be sent: with another one they are asked again. */
  readonly seen: string
}

// §4.1: nobody can share a secret with everybody.
const SECRETS = ['client_secret', 'client_secret_expires_at']

/**
 * Reads the document of a client (draft-ietf-oauth-client-id-metadata-document §4). `offered`: the scopes that such clients may have.
 * Throws `OAuthError`, for a page.
 */
export function readDocument(client_id: string, text: string, offered: readonly string[]): ClientDocument {
  const document = parsed(text)
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw unusable(client_id, 'it is not a JSON object')
  const given = document as Readonly<Record<string, unknown>>
  if (given.client_id !== client_id) throw unusable(client_id, 'its client_id is not its own address')
  for (const name of SECRETS)
    if (given[name] !== undefined) throw unusable(client_id, `it has ${name}, which everybody can read`)
  // Its people have the same sub with it and without it.
  const { sector_identifier_uri: _, logo_uri, ...rest } = given
  const metadata = narrowedHere(client_id, rest, offered)
  return {
    client_id,
    metadata,
    ...(typeof logo_uri === 'string' && URL.canParse(logo_uri) && { logo_uri }),
    seen: seenIn(metadata),
  }
}

function narrowedHere(client_id: string, given: unknown, offered: readonly string[]): NarrowedMetadata {
  try {
    return narrowed(given, offered, 'document')
  } catch (error) {
    if (error instanceof OAuthError) throw unusable(client_id, error.message)
    throw error
  }
}

// Not its scopes, which are approved one by one, nor its keys, which are changed as a matter of course.
function seenIn(metadata: NarrowedMetadata): string {
  const { client_name, redirect_uris, client_uri, policy_uri, tos_uri, grant_types } = metadata
  const names = translationsIn(metadata, 'client_name')
  const seen: unknown[] = [client_name, [...redirect_uris].sort(), client_uri, policy_uri, tos_uri]
  // Most have refresh tokens. Of one that has none the page does not say that it keeps its access.
  if (!grant_types.includes('refresh_token')) seen.push('no refresh_token')
  if (names !== undefined) seen.push(names)
  return hash('sha256', JSON.stringify(seen), 'base64url')
}

/** A document that says nothing of use. Nothing is remembered of it: the next request asks again. */
export function unusable(client_id: string, problem: string): OAuthError {
  return new OAuthError(
    'invalid_request',
    `the document of client ${quoted(client_id)} cannot be used: ${problem}`,
    {
      detail: `the client's document cannot be used: ${problem}`,
      client_id,
    },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
