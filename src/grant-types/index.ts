import type { Client } from '../clients/client.ts'
import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { Grants } from '../grants/grants.ts'
import type { Keys } from '../secrets/keys.ts'
import type { LoginGuard } from '../users/login-guard.ts'
import type { Users } from '../users/user.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { AnyGrantType } from './grant-type.ts'
import { password } from './password.ts'
import { refreshToken } from './refresh-token.ts'

/**
 * Every grant type that the token endpoint knows; discovery lists the same. `password` only where a client names it:
 * a server whose clients do not need it has not got it.
 */
export function grantTypes(context: {
  keys: Keys
  grants: Grants
  users: Users
  guard: LoginGuard
  clients: readonly Client[]
  narrowed: NarrowedScopes
  now: () => number
}): readonly AnyGrantType[] {
  const named = context.clients.some((client) => client.grant_types.has('password'))
  return [
    authorizationCode(context),
    refreshToken(context),
    clientCredentials(),
    ...(named ? [password(context)] : []),
  ]
}
