import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { ClientRegistry } from '../clients/registry.ts'
import type { Grants } from '../grants/grants.ts'
import type { LoginGuard } from '../logins/login-guard.ts'
import type { Keys } from '../secrets/keys.ts'
import type { Users } from '../users/user.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { AnyGrantType } from './grant-type.ts'
import { password } from './password.ts'
import { refreshToken } from './refresh-token.ts'

/**
 * The grant types that the token endpoint knows at the moment, as discovery lists them. `password` is among them only
 * while a client is registered for it: a server whose clients do not need it does not offer it.
 */
export function grantTypes(context: {
  keys: Keys
  grants: Grants
  users: Users
  guard: LoginGuard
  clients: Pick<ClientRegistry, 'usage'>
  narrowed: NarrowedScopes
  now: () => number
}): () => readonly AnyGrantType[] {
  const always = [authorizationCode(context), refreshToken(context), clientCredentials()]
  const withPassword = [...always, password(context)]
  return () => (context.clients.usage().grant_types.has('password') ? withPassword : always)
}
