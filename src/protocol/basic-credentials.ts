import { OAuthError } from './errors.ts'

/** One reading of a Basic header: RFC 6749 §2.3.1 percent-encodes both halves, many clients do not. */
export interface Credentials {
  client_id: string
  client_secret: string
}

/**
 * Reads `Authorization: Basic`. Returns the readings to try, in order: form-decoded, then raw if that
 * differs. Throws `invalid_client` if the header is another scheme or malformed.
 */
export function readBasicCredentials(header: string): readonly Credentials[] {
  const match = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header)
  if (match === null) {
    throw new OAuthError('invalid_client', 'the Authorization header is not well-formed Basic authentication')
  }
  const text = Buffer.from(match[1] as string, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) {
    throw new OAuthError('invalid_client', 'Basic authentication is base64 of client_id:client_secret')
  }
  const raw = { client_id: text.slice(0, colon), client_secret: text.slice(colon + 1) }
  if (!/[%+]/.test(text)) return [raw]
  const client_id = formDecode(raw.client_id)
  const client_secret = formDecode(raw.client_secret)
  return client_id === undefined || client_secret === undefined ? [raw] : [{ client_id, client_secret }, raw]
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
