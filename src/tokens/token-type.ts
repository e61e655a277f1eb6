/** What a client has to do with an access token beside sending it (RFC 6749 §7.1). */
export type TokenType = 'Bearer'

/** Returns the `token_type` of an access token. It follows from the key that the token is bound to: none is, so far. */
export function tokenType(): TokenType {
  return 'Bearer'
}
