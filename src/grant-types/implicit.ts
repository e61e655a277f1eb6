import type { GrantType } from './grant-type.ts'

/** RFC 6749 §4.2, for response types that hold a token: the authorization endpoint issues it, and no refresh token. */
export const IMPLICIT: GrantType = {
  grant_type: 'implicit',
  subject: 'person',
  redirects: true,
  onDemand: true,
}
