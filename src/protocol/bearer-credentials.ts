import { OAuthError } from './errors.ts'

// RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token; the name of a scheme has no case (RFC 9110 §11.1).
const SCHEME = /^bearer(?:[ \t]|$)/i
const CREDENTIALS = /^bearer +([\w.~+/-]+=*)[ \t]*$/i
const NO_TOKEN = /^bearer[ \t]*$/i

/**
 * Reads the access token of an `Authorization` header; undefined for another scheme, and for one that has no token.
 * Throws `invalid_request` for anything that is not one token: two of them, or something behind it.
 */
export function readBearerCredentials(header: string): string | undefined {
  if (!SCHEME.test(header) || NO_TOKEN.test(header)) return undefined
  const token = CREDENTIALS.exec(header)?.[1]
  if (token !== undefined) return token
  throw new OAuthError('invalid_request', 'the Authorization header is not Bearer followed by one token')
}
