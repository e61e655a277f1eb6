import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { redirectUriProblem } from '../../protocol/redirect-uri.ts'
import { gives, givesToken, type ResponseType } from '../../protocol/response-type.ts'
import type { Client } from '../client.ts'

/** How the client gets its tokens. RFC 7591 §2.1: grant types, response types and redirect URIs belong together. */
export function readFlows(
  entry: ClientEntry,
  fail: Fail,
): Pick<Client, 'grant_types' | 'response_types' | 'redirect_uris'> {
  const grant_types = new Set<string>(entry.grant_types ?? ['authorization_code'])
  const { redirect_uris = [] } = entry
  for (const grantType of ['authorization_code', 'implicit']) {
    if (grant_types.has(grantType) && redirect_uris.length === 0)
      fail('redirect_uris', `the ${grantType} grant type needs at least one`)
  }
  if (
    grant_types.has('refresh_token') &&
    !grant_types.has('authorization_code') &&
    !grant_types.has('password')
  ) {
    fail('grant_types', 'refresh_token needs authorization_code or password beside it')
  }
  for (const [at, uri] of redirect_uris.entries()) {
    const problem = redirectUriProblem(uri)
    if (problem !== undefined) fail(`redirect_uris/${at}`, `${uri} ${problem}`)
  }
  return { grant_types, redirect_uris, response_types: responseTypes(entry, grant_types, fail) }
}

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
