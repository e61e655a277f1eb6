import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { isScope, scopeTokens, scopeWithin, standingScope } from '../../protocol/scope.ts'
import type { Client } from '../client.ts'

/** What the client may ask for, and what it gets if it names no scope. */
export function readScopes(entry: ClientEntry, fail: Fail): Pick<Client, 'scope' | 'default_scope'> {
  const { scope = '' } = entry
  if (scope !== '' && !isScope(scope)) fail('scope', 'must be names separated by single spaces')
  const { default_scope = standingScope(scope) } = entry
  if (!scopeWithin(default_scope, scope)) fail('default_scope', 'asks for more than scope allows')
  return { scope: scopeTokens(scope).join(' '), default_scope }
}
