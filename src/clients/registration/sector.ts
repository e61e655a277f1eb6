import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'
import { grantTypesOf } from './grant-types.ts'
import { HTTPS_URL, isHttpsUrl } from './https-url.ts'

/** Who people are to the client (OpenID Connect Core §8): a sector if its subjects are pairwise. */
export function readSector(
  entry: ClientEntry,
  rules: Rules,
  fail: Fail,
): Pick<Client, 'sector' | 'sector_identifier_uri'> {
  const { sector_identifier_uri, subject_type } = entry
  if (sector_identifier_uri !== undefined && !isHttpsUrl(sector_identifier_uri))
    fail('sector_identifier_uri', HTTPS_URL)
  if (entry.sector !== undefined && subject_type !== 'pairwise')
    fail('sector', 'needs subject_type: pairwise')
  // Without a salt the subjects would be derived from nothing, for everybody to compute.
  if (subject_type === 'pairwise' && !rules.pairwise)
    fail('subject_type', 'is pairwise, but PAIRWISE_SALT is not set; make one with: openssl rand -hex 32')
  return {
    ...(subject_type === 'pairwise' && { sector: sectorOf(entry, rules, fail) }),
    ...(sector_identifier_uri && { sector_identifier_uri }),
  }
}

/**
 * OpenID Connect Core §8.1: the host that the client's redirect URIs share, or that of its sector document, without a
 * port (RFC 3986 §3.2.2). Only https proves a host: everybody's app on a device has `localhost`, or a private-use scheme
 * with any host in it. `sector` may add a port to that host, and nothing else: it names no sector of somebody else's.
 */
function sectorOf(entry: ClientEntry, rules: Rules, fail: Fail): string {
  const { sector_identifier_uri, sector } = entry
  // The document is read when a redirect URI is about to be used. A grant type that uses none would never prove it.
  const unproven = grantTypesOf(entry, rules, fail).find(
    ({ subject, redirects }) => subject === 'person' && !redirects,
  )
  if (sector_identifier_uri !== undefined && unproven !== undefined)
    fail('sector_identifier_uri', `cannot be proven for the ${unproven.grant_type} grant type; take that out`)
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
