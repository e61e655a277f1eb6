import type { ClientEntry } from '../config/schema.ts'
import { isLoopbackHost, redirectUriProblem } from '../protocol/redirect-uri.ts'
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
  if (entry.sector !== undefined && entry.subject_type !== 'pairwise')
    fail('sector', 'needs subject_type: pairwise')
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
  const { backchannel_logout_uri, frontchannel_logout_uri, sector_identifier_uri } = entry
  if (backchannel_logout_uri !== undefined && !isHttp(backchannel_logout_uri, () => true)) {
    // Whether http may be used at all is the outbound room's to say.
    fail('backchannel_logout_uri', `${HTTPS}; http only with ALLOW_PRIVATE_ADDRESSES`)
  }
  if (frontchannel_logout_uri !== undefined && !isHttp(frontchannel_logout_uri, isLoopbackHost)) {
    fail('frontchannel_logout_uri', `${HTTPS}; http only on a loopback host`)
  }
  if (sector_identifier_uri !== undefined && !isHttp(sector_identifier_uri, () => false)) {
    fail('sector_identifier_uri', HTTPS)
  }
  for (const [at, uri] of (entry.post_logout_redirect_uris ?? []).entries()) {
    const problem = redirectUriProblem(uri)
    if (problem !== undefined) fail(`post_logout_redirect_uris/${at}`, `${uri} ${problem}`)
  }
}

const HTTPS = 'must be an https URL without fragment and user information, in ASCII'

/** Whether it is that, or http where `plain` allows it for the host. */
function isHttp(uri: string, plain: (hostname: string) => boolean): boolean {
  const url = URL.parse(uri)
  if (url === null || !/^[\x21-\x7E]+$/.test(uri) || uri.includes('#')) return false
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && plain(url.hostname))
}

/**
 * OpenID Connect Core §8.1: the host that the client's redirect URIs share, or that of its sector document, without a
 * port (RFC 3986 §3.2.2). Only https proves a host: everybody's app on a device has `localhost`, or a private-use scheme
 * with any host in it. `sector` may add a port to that host, and nothing else: it names no sector of somebody else's.
 */
function sectorOf(entry: ClientEntry, fail: Fail): string {
  const { sector_identifier_uri, grant_types = [], sector } = entry
  // It is read where a redirect URI is about to be used; the password grant uses none, so nobody would have proven it.
  if (sector_identifier_uri !== undefined && grant_types.includes('password'))
    fail('sector_identifier_uri', 'cannot be proven for the password grant type; take that out')
  const [hostname, ...others] = new Set(namingUrls(entry).map((url) => url?.hostname ?? ''))
  if (!hostname || others.length > 0)
    fail(
      'sector_identifier_uri',
      'is needed: redirect_uris of pairwise subjects have several hosts, or are not all https',
    )
  if (sector === undefined) return hostname as string
  const named = URL.parse(`https://${sector}`)
  if (named?.hostname !== hostname || named?.href !== `https://${named?.host}/`)
    fail('sector', `is ${hostname}, or that with a port`)
  return named?.host ?? ''
}

/** The URLs whose host names the sector; undefined for one that proves none. */
function namingUrls({
  redirect_uris = [],
  sector_identifier_uri,
}: ClientEntry): readonly (URL | undefined)[] {
  const uris = sector_identifier_uri === undefined ? redirect_uris : [sector_identifier_uri]
  return uris.map((uri) => {
    const url = URL.parse(uri)
    return url?.protocol === 'https:' ? url : undefined
  })
}

/**
 * The sector that the client had as long as a port was part of it, if the entry does not say which one it has: with
 * another sector every person is somebody else to the client.
 */
export function formerSector(entry: ClientEntry): string | undefined {
  if (entry.subject_type !== 'pairwise' || entry.sector !== undefined) return undefined
  const [host, ...others] = new Set(namingUrls(entry).map((url) => url?.host))
  // Several were no sector at all.
  return others.length === 0 && URL.parse(`https://${host}`)?.port ? host : undefined
}
