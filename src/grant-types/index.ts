import type { Usage } from '../clients/usage.ts'
import { AUTHORIZATION_CODE } from './authorization-code.ts'
import { CLIENT_CREDENTIALS } from './client-credentials.ts'
import type { GrantType } from './grant-type.ts'
import { IMPLICIT } from './implicit.ts'
import { PASSWORD } from './password.ts'
import { REFRESH_TOKEN } from './refresh-token.ts'

/** Every grant type that there is: what a client may be registered for, and what the token endpoint proves. */
export const GRANT_TYPES: readonly GrantType[] = [
  AUTHORIZATION_CODE,
  REFRESH_TOKEN,
  CLIENT_CREDENTIALS,
  PASSWORD,
  IMPLICIT,
]

/** Whether the server offers this grant type to clients of this usage. */
export function isOffered({ grant_type, onDemand }: GrantType, usage: Usage): boolean {
  return !onDemand || usage.grant_types.has(grant_type)
}
