import type { OAuthError } from '../protocol/errors.ts'
import { encodeParameters } from '../protocol/parameters.ts'

/** How a response travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode). */
export const RESPONSE_MODES = ['query', 'fragment', 'form_post'] as const
export type ResponseMode = (typeof RESPONSE_MODES)[number]

/** An authorization response: its parameters, in the order they are sent. Undefined ones are left out. */
export type AuthorizationResponse = Readonly<Record<string, string | undefined>>

/** An error as a response (RFC 6749 §4.1.2.1). */
export function errorResponse(error: OAuthError, state: string | undefined): AuthorizationResponse {
  return { error: error.error, state, error_description: error.message }
}

/**
 * The URL that the browser is sent to. RFC 6749 §3.1.2: a query that the redirect URI has is kept as it is.
 * Works on the text, so that the client sees the very URI that it registered.
 */
export function responseUrl(
  redirect_uri: string,
  mode: 'query' | 'fragment',
  response: AuthorizationResponse,
): string {
  const encoded = encodeParameters(response)
  if (mode === 'fragment') return `${redirect_uri}#${encoded}`
  const separator = redirect_uri.includes('?') ? (/[?&]$/.test(redirect_uri) ? '' : '&') : '?'
  return `${redirect_uri}${separator}${encoded}`
}

/** The parameters that have a value, as the fields of a form. */
export function pairs(response: AuthorizationResponse): { name: string; value: string }[] {
  return Object.entries(response).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}
