import { OAuthError } from '../protocol/errors.ts'
import { readScope, scopeWithin } from '../protocol/scope.ts'
import type { GrantType } from './grant-type.ts'

interface ClientCredentialsRequest {
  scope: string | undefined
}

/** RFC 6749 §4.4: the client itself is the proof. No refresh token, and nothing is stored. */
export function clientCredentials(): GrantType<ClientCredentialsRequest> {
  return {
    grant_type: 'client_credentials',

    readParameters(parameters) {
      const scope = parameters.one('scope')
      return { scope: scope === undefined ? undefined : readScope(scope) }
    },

    async prove(request, client) {
      const scope = request.scope ?? client.default_scope
      // A public client cannot be registered for this grant type.
      if (!scopeWithin(scope, client.scope)) {
        throw new OAuthError('invalid_scope', 'scope asks for more than this client is registered for')
      }
      return { outcome: 'client', scope, events: [] }
    },
  }
}
