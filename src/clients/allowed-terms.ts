import { OAuthError } from '../protocol/errors.ts'
import { scopeWithin } from '../protocol/scope.ts'
import type { RequestedTerms, Terms } from '../protocol/terms.ts'
import type { Client } from './client.ts'

/**
 * Returns the terms of a token that no person has approved: those requested, or the client's default. Throws
 * `invalid_scope` for more than the client is registered for. A developer sees that error at once, so nothing is left out.
 */
export function requireAllowedTerms(client: Client, requested: RequestedTerms): Terms {
  const { scope = client.default_scope } = requested
  if (!scopeWithin(scope, client.scope)) {
    throw new OAuthError('invalid_scope', 'scope asks for more than this client is registered for')
  }
  return { scope }
}
