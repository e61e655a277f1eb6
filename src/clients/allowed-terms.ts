import { OAuthError } from '../protocol/errors.ts'
import { resourceTerms } from '../protocol/resource.ts'
import { scopeWithin } from '../protocol/scope.ts'
import { type RequestedTerms, type Terms, termsFor } from '../protocol/terms.ts'
import type { AllowedResources } from './allowed-resources.ts'
import type { Client } from './client.ts'

/**
 * Returns the terms of a token that no person has approved: those requested, or the client's default. Throws
 * `invalid_scope` for more than the client is registered for, or than its resources are for, and `invalid_target` for resources
 * that it may not have. A developer sees that error at once, so nothing is left out.
 */
export async function requireAllowedTerms(
  client: Client,
  { scope, resource }: RequestedTerms,
  resources: AllowedResources,
): Promise<Terms> {
  if (resource !== undefined) await resources.require(client, resource)
  const allowed = resources.scopeAt(resource, client.scope)
  const asked = scope ?? resources.defaultAt(resource, client)
  if (!scopeWithin(asked, allowed))
    throw new OAuthError('invalid_scope', 'scope asks for more than this client is registered for', {
      ...(scopeWithin(asked, client.scope) && { detail: 'a part of it belongs to another resource' }),
    })
  return termsFor(asked, resourceTerms(resource))
}
