/** Every response type (OAuth 2.0 Multiple Response Type Encoding Practices), its words in alphabetical order. */
export const RESPONSE_TYPES = [
  'code',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
  'token',
  'none',
] as const
export type ResponseType = (typeof RESPONSE_TYPES)[number]

/** The response type of a parameter; the order of the words means nothing (§3). */
export function readResponseType(text: string): ResponseType | undefined {
  const sorted = text.split(' ').sort().join(' ')
  return RESPONSE_TYPES.find((one) => one === sorted)
}

/** Whether the answer holds this. */
export function gives(type: ResponseType, what: 'code' | 'token' | 'id_token'): boolean {
  return type.split(' ').includes(what)
}

/** Whether the answer holds a token, so that it must never travel in a query (§2.1, §5). */
export function givesToken(type: ResponseType): boolean {
  return gives(type, 'token') || gives(type, 'id_token')
}
