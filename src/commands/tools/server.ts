import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { ConfigError } from '../../config/config-error.ts'
import { readEnvFile } from '../../config/env-file.ts'
import type { Option, Words } from '../action.ts'

/** Where to ask. */
export const ISSUER_OPTION: Readonly<Record<string, Option>> = {
  issuer: { value: 'url', summary: 'the server; ISSUER, or http://localhost:PORT, without it' },
}

// Milliseconds.
const WITHIN = 10_000

/** The members of metadata that the tools use. */
export interface Metadata {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  introspection_endpoint: string
  jwks_uri: string
  /** RFC 9207: every answer to a client names the issuer. */
  authorization_response_iss_parameter_supported?: boolean
}

/** The server that is meant. It need not be configured here: nothing else of a configuration is read. */
export function issuerOf(given: Words): string {
  const { ISSUER = '', PORT = '' } = { ...readEnvFile(), ...process.env }
  return (given.text('issuer') ?? (ISSUER || `http://localhost:${PORT || 8000}`)).replace(/\/$/, '')
}

/** The metadata of a server (RFC 8414). Throws `ConfigError` if it cannot be had. */
export async function metadataOf(issuer: string): Promise<Metadata> {
  const url = `${issuer}/.well-known/openid-configuration`
  const response = await asked(url, {})
  if (!response.ok) throw new ConfigError(`${url} answers ${response.status}; is this the issuer?`)
  const metadata = (await response.json().catch(() => undefined)) as Metadata | undefined
  if (typeof metadata?.issuer !== 'string')
    throw new ConfigError(`${url} is no metadata of an authorization server`)
  if (metadata.issuer !== issuer)
    throw new ConfigError(
      `${url} says that the issuer is ${metadata.issuer}; use that one (OpenID Connect Discovery §4.3)`,
    )
  return metadata
}

/** The key set of a server. Throws `ConfigError` if it cannot be had. */
export async function keySetOf({
  jwks_uri,
}: Pick<Metadata, 'jwks_uri'>): Promise<ReturnType<typeof createLocalJWKSet>> {
  const response = await asked(jwks_uri, {})
  const found = (await response.json().catch(() => undefined)) as JSONWebKeySet | undefined
  if (!response.ok || !Array.isArray(found?.keys))
    throw new ConfigError(`${jwks_uri} answers ${response.status} and no key set`)
  return createLocalJWKSet(found)
}

/** Asks once. Throws `ConfigError` if nothing answers in time. */
export async function asked(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(WITHIN), ...init })
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
    throw new ConfigError(`${url} does not answer (${cause?.code ?? cause?.message ?? message})`)
  }
}
