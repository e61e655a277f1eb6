import { encodeParameters } from '../protocol/parameters.ts'

/** How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode). */
export const RESPONSE_MODES = ['query', 'fragment', 'form_post'] as const
export type ResponseMode = (typeof RESPONSE_MODES)[number]

/** The answer's parameters, in the order they are sent. Undefined ones are left out. */
export type ResponseParameters = Readonly<Record<string, string | undefined>>

/**
 * The URL that the browser is sent to. RFC 6749 §3.1.2: a query that the redirect URI has is kept as it is.
 * Works on the text, so that the client sees the very URI that it registered.
 */
export function responseUrl(
  redirect_uri: string,
  mode: 'query' | 'fragment',
  parameters: ResponseParameters,
): string {
  const encoded = encodeParameters(parameters)
  if (mode === 'fragment') return `${redirect_uri}#${encoded}`
  const separator = redirect_uri.includes('?') ? (/[?&]$/.test(redirect_uri) ? '' : '&') : '?'
  return `${redirect_uri}${separator}${encoded}`
}

/** The parameters that have a value, as the fields of a form. */
export function pairs(parameters: ResponseParameters): { name: string; value: string }[] {
  return Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}
