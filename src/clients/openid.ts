import type { ClientEntry } from '../config/schema.ts'
import { redirectUriProblem } from '../protocol/redirect-uri.ts'
import type { Client } from './client.ts'
import type { Fail } from './registration.ts'

type OpenidMetadata = Pick<
  Client,
  | 'id_token_signed_response_alg'
  | 'userinfo_signed_response_alg'
  | 'access_token_format'
  | 'sector'
  | 'sector_identifier_uri'
  | 'default_max_age'
  | 'post_logout_redirect_uris'
  | 'backchannel_logout_uri'
  | 'frontchannel_logout_uri'
  | 'frontchannel_logout_session_required'
>

/** The client metadata of OpenID Connect (Dynamic Client Registration 1.0 §2, the logout specifications). */
export function openidMetadata(entry: ClientEntry, fail: Fail): OpenidMetadata {
  const { backchannel_logout_uri, frontchannel_logout_uri, sector_identifier_uri } = entry
  checkUrls(entry, fail)
  return {
    id_token_signed_response_alg: entry.id_token_signed_response_alg ?? 'RS256',
    access_token_format: entry.access_token_format ?? 'opaque',
    post_logout_redirect_uris: entry.post_logout_redirect_uris ?? [],
    frontchannel_logout_session_required: entry.frontchannel_logout_session_required ?? false,
    ...(entry.userinfo_signed_response_alg && {
      userinfo_signed_response_alg: entry.userinfo_signed_response_alg,
    }),
    ...(entry.default_max_age !== undefined && { default_max_age: entry.default_max_age }),
    ...(backchannel_logout_uri && { backchannel_logout_uri }),
    ...(frontchannel_logout_uri && { frontchannel_logout_uri }),
    ...(entry.subject_type === 'pairwise' && { sector: sectorOf(entry, fail) }),
    ...(sector_identifier_uri && { sector_identifier_uri }),
  }
}

function checkUrls(entry: ClientEntry, fail: Fail): void {
  for (const name of [
    'backchannel_logout_uri',
    'frontchannel_logout_uri',
    'sector_identifier_uri',
  ] as const) {
    const uri = entry[name]
    if (uri === undefined) continue
    const url = URL.parse(uri)
    const plain = url !== null && /^https?:$/.test(url.protocol) && /^[\x21-\x7E]+$/.test(uri)
    if (!plain || uri.includes('#') || url.username !== '')
      fail(name, 'must be an https URL without fragment, in ASCII')
    if (name === 'sector_identifier_uri' && url?.protocol !== 'https:') fail(name, 'must be an https URL')
  }
  for (const [at, uri] of (entry.post_logout_redirect_uris ?? []).entries()) {
    const problem = redirectUriProblem(uri)
    if (problem !== undefined) fail(`post_logout_redirect_uris/${at}`, `${uri} ${problem}`)
  }
}

/** OpenID Connect Core §8.1: the host that the client's redirect URIs share, or that of its sector document. */
function sectorOf(entry: ClientEntry, fail: Fail): string {
  if (entry.sector_identifier_uri !== undefined) return URL.parse(entry.sector_identifier_uri)?.host ?? ''
  const hosts = new Set((entry.redirect_uris ?? []).map((uri) => URL.parse(uri)?.host))
  const [host] = hosts
  if (hosts.size !== 1 || !host)
    fail('sector_identifier_uri', 'is needed: redirect_uris of pairwise subjects have several hosts, or none')
  return host ?? ''
}
