import { ConfigError } from '../config/config-error.ts'
import type { ClientEntry } from '../config/schema.ts'
import { redirectUriProblem } from '../protocol/redirect-uri.ts'
import { gives, givesToken, type ResponseType } from '../protocol/response-type.ts'
import { isScope, scopeTokens, scopeWithin, standingScope } from '../protocol/scope.ts'
import type { Client, Lifetimes, TokenEndpointAuthMethod } from './client.ts'
import { openidMetadata } from './openid.ts'
import type { ClientSecret } from './secret.ts'

/**
 * Makes a client from its entry: fills in defaults and holds the fields against each other. `path` names the
 * entry in errors; `secretOf` turns its secret into something to verify with. Throws `ConfigError`.
 */
export function registerClient(
  entry: ClientEntry,
  path: string,
  context: { lifetimes: Lifetimes; secretOf: (entry: ClientEntry) => ClientSecret | undefined },
): Client {
  const fail = (field: string, problem: string): never => {
    throw new ConfigError(`${path}/${field} (client ${entry.client_id}): ${problem}`)
  }
  const secret = context.secretOf(entry)
  if (entry.client_secret && entry.client_secret_hash) fail('client_secret_hash', 'give one secret, not two')
  const grant_types = new Set(entry.grant_types ?? ['authorization_code'])
  const scope = entry.scope ?? ''
  if (scope !== '' && !isScope(scope)) fail('scope', 'must be names separated by single spaces')
  const default_scope = entry.default_scope ?? standingScope(scope)
  if (!scopeWithin(default_scope, scope)) {
    fail('default_scope', 'asks for more than scope allows')
  }
  checkGrantTypes(grant_types, entry, secret === undefined, fail)
  checkUris(entry, fail)
  const isPublic = secret === undefined
  return {
    ...links(entry),
    ...openidMetadata(entry, fail),
    response_types: responseTypes(entry, grant_types, fail),
    client_id: entry.client_id,
    client_name: entry.client_name ?? entry.client_id,
    redirect_uris: entry.redirect_uris ?? [],
    grant_types,
    scope: scopeTokens(scope).join(' '),
    default_scope,
    auth_methods: authMethods(entry, isPublic, fail),
    secret,
    require_pkce: entry.require_pkce ?? isPublic,
    allow_plain_pkce: entry.allow_plain_pkce ?? false,
    skip_consent: entry.skip_consent ?? false,
    trust_loopback: entry.trust_loopback ?? false,
    introspect_any: entry.introspect_any ?? false,
    lifetimes: lifetimes(entry, context.lifetimes),
  }
}

/** Ends the start with the field and its problem. */
export type Fail = (field: string, problem: string) => never

function checkGrantTypes(
  grantTypes: ReadonlySet<string>,
  entry: ClientEntry,
  isPublic: boolean,
  fail: Fail,
): void {
  // RFC 6749 §4.4: the client credentials grant type MUST only be used by confidential clients.
  if (isPublic && grantTypes.has('client_credentials')) {
    fail('grant_types', 'client_credentials needs a client_secret')
  }
  if (isPublic && entry.introspect_any) fail('introspect_any', 'needs a client_secret')
  if (isPublic && entry.require_pkce === false)
    fail('require_pkce', 'a client without a secret must use PKCE')
  const redirects = entry.redirect_uris?.length ?? 0
  for (const grantType of ['authorization_code', 'implicit']) {
    if (grantTypes.has(grantType) && redirects === 0)
      fail('redirect_uris', `the ${grantType} grant type needs at least one`)
  }
  if (
    grantTypes.has('refresh_token') &&
    !grantTypes.has('authorization_code') &&
    !grantTypes.has('password')
  ) {
    fail('grant_types', 'refresh_token needs authorization_code or password beside it')
  }
}

// RFC 7591 §2.1: response types and grant types belong together.
function responseTypes(
  entry: ClientEntry,
  grantTypes: ReadonlySet<string>,
  fail: Fail,
): ReadonlySet<ResponseType> {
  const types = entry.response_types ?? (grantTypes.has('authorization_code') ? ['code' as const] : [])
  for (const type of types) {
    if (gives(type, 'code') && !grantTypes.has('authorization_code'))
      fail('response_types', `${type} needs the authorization_code grant type`)
    if (givesToken(type) && !grantTypes.has('implicit'))
      fail('response_types', `${type} needs the implicit grant type`)
  }
  if (types.length > 0 && !entry.redirect_uris?.length) fail('redirect_uris', 'needs at least one')
  return new Set(types)
}

function checkUris(entry: ClientEntry, fail: Fail): void {
  for (const [at, uri] of (entry.redirect_uris ?? []).entries()) {
    const problem = redirectUriProblem(uri)
    if (problem !== undefined) fail(`redirect_uris/${at}`, `${uri} ${problem}`)
  }
  for (const name of ['logo_uri', 'client_uri', 'policy_uri', 'tos_uri'] as const) {
    const uri = entry[name]
    // These become links and an image on our own pages: javascript: and the like must not.
    if (uri !== undefined && !/^https?:$/.test(URL.parse(uri)?.protocol ?? '')) {
      fail(name, 'must be an http or https URL')
    }
  }
}

function authMethods(entry: ClientEntry, isPublic: boolean, fail: Fail): readonly TokenEndpointAuthMethod[] {
  const method = entry.token_endpoint_auth_method
  if (isPublic) {
    if (method !== undefined && method !== 'none')
      fail('token_endpoint_auth_method', `${method} needs a secret`)
    return ['none']
  }
  if (method === 'none') fail('token_endpoint_auth_method', 'none contradicts the secret; remove one of them')
  // Not said: both. Many libraries know only one of them, and both carry the same secret over TLS.
  return method === undefined ? ['client_secret_basic', 'client_secret_post'] : [method]
}

function links({ logo_uri, client_uri, policy_uri, tos_uri }: ClientEntry) {
  return {
    ...(logo_uri && { logo_uri }),
    ...(client_uri && { client_uri }),
    ...(policy_uri && { policy_uri }),
    ...(tos_uri && { tos_uri }),
  }
}

function lifetimes(entry: ClientEntry, defaults: Lifetimes): Lifetimes {
  return {
    access_token_ttl: entry.access_token_ttl ?? defaults.access_token_ttl,
    refresh_token_ttl: entry.refresh_token_ttl ?? defaults.refresh_token_ttl,
    authorization_code_ttl: entry.authorization_code_ttl ?? defaults.authorization_code_ttl,
    refresh_token_grace: entry.refresh_token_grace ?? defaults.refresh_token_grace,
    grant_max_ttl: entry.grant_max_ttl ?? defaults.grant_max_ttl,
  }
}
