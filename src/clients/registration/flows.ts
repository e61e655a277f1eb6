import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { redirectUriProblem } from '../../protocol/redirect-uri.ts'
import { gives, givesToken, type ResponseType } from '../../protocol/response-type.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'
import { grantTypesOf } from './grant-types.ts'

/** How the client gets its tokens. RFC 7591 §2.1: grant types, response types and redirect URIs belong together. */
export function readFlows(
  entry: ClientEntry,
  rules: Rules,
  fail: Fail,
): Pick<Client, 'grant_types' | 'response_types' | 'redirect_uris'> {
  const { redirect_uris = [] } = entry
  const grantTypes = grantTypesOf(entry, rules, fail)
  for (const { grant_type, redirects, subject } of grantTypes) {
    if (redirects && redirect_uris.length === 0)
      fail('redirect_uris', `the ${grant_type} grant type needs at least one`)
    // RFC 6749 §6: somebody must have got the token first.
    if (subject === undefined && !grantTypes.some(({ refreshable }) => refreshable))
      fail('grant_types', `${grant_type} needs ${refreshableNames(rules)} beside it`)
  }
  for (const [at, uri] of redirect_uris.entries()) {
    const problem = redirectUriProblem(uri, rules.mayUseHttp)
    if (problem !== undefined) fail(`redirect_uris/${at}`, `${uri} ${problem}`)
  }
  const grant_types = new Set(grantTypes.map(({ grant_type }) => grant_type))
  return { grant_types, redirect_uris, response_types: responseTypes(entry, grant_types, fail) }
}

function refreshableNames({ grantTypes }: Rules): string {
  const names = grantTypes.flatMap(({ grant_type, refreshable }) => (refreshable ? [grant_type] : []))
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names)
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
