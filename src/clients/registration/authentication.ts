import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { Client, TokenEndpointAuthMethod } from '../client.ts'
import type { Rules } from '../rules.ts'
import { grantTypesOf } from './grant-types.ts'

/** How the client proves who it is, and what it may therefore do: a public one (RFC 6749 §2.1) cannot prove it. */
export function readAuthentication(
  entry: ClientEntry,
  rules: Rules,
  fail: Fail,
): Pick<Client, 'secret' | 'auth_methods' | 'require_pkce' | 'introspect_any'> {
  if (entry.client_secret && entry.client_secret_hash) fail('client_secret_hash', 'give one secret, not two')
  const secret = rules.secretOf(entry)
  const isPublic = secret === undefined
  if (isPublic) checkPublic(entry, rules, fail)
  return {
    secret,
    auth_methods: isPublic ? ['none'] : authMethods(entry, fail),
    require_pkce: entry.require_pkce ?? isPublic,
    introspect_any: entry.introspect_any ?? false,
  }
}

function checkPublic(entry: ClientEntry, rules: Rules, fail: Fail): void {
  const { token_endpoint_auth_method: method = 'none' } = entry
  for (const { grant_type, confidential } of grantTypesOf(entry, rules, fail)) {
    if (confidential) fail('grant_types', `${grant_type} needs a client_secret`)
  }
  if (entry.introspect_any) fail('introspect_any', 'needs a client_secret')
  if (entry.require_pkce === false) fail('require_pkce', 'a client without a secret must use PKCE')
  if (method !== 'none') fail('token_endpoint_auth_method', `${method} needs a secret`)
}

function authMethods(
  { token_endpoint_auth_method: method }: ClientEntry,
  fail: Fail,
): readonly TokenEndpointAuthMethod[] {
  if (method === 'none') fail('token_endpoint_auth_method', 'none contradicts the secret; remove one of them')
  // Not specified: both are allowed. Many libraries know only one of them, and both carry the same secret over TLS.
  return method === undefined ? ['client_secret_basic', 'client_secret_post'] : [method]
}
