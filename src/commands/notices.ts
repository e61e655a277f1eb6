import { formerSector } from '../clients/registration/sector.ts'
import type { Config } from '../config/config.ts'
import { MAKE_HASH } from '../config/config-error.ts'
import { listed } from '../config/names.ts'
import type { Entries } from '../config/schema.ts'
import { claimsOfScope } from '../protocol/claims.ts'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'
import { gives } from '../protocol/response-type.ts'
import { scopeTokens } from '../protocol/scope.ts'
import { storesThatAre } from '../store/index.ts'
import { ambiguousNames } from '../users/names.ts'

/** What an operator should know about a configuration that is valid but leaves something open. */
export function notices({ entries, demo, env, issuer, remarks, store }: Config): string[] {
  if (demo) return [...remarks]
  const confidential = entries.clients.filter((client) => client.client_secret || client.client_secret_hash)
  const withoutPkce = confidential.filter(
    ({ require_pkce, grant_types = ['authorization_code'] }) =>
      !require_pkce && grant_types.includes('authorization_code'),
  )
  const tokensInUrls = entries.clients.filter(({ response_types = [] }) =>
    response_types.some((type) => gives(type, 'token')),
  )
  const passwords = entries.clients.filter(({ grant_types = [] }) => grant_types.includes('password'))
  const cheap = [
    ...entries.users.map(({ username, password_hash }) => [username, password_hash] as const),
    ...entries.clients.map(({ client_id, client_secret_hash }) => [client_id, client_secret_hash] as const),
  ].filter(([, hash]) => Number(hash?.slice(4, 6) ?? CHEAPEST_HASH) < CHEAPEST_HASH)
  const ported = entries.clients.flatMap((client) => {
    const sector = formerSector(client)
    return sector === undefined ? [] : [`${client.client_id}: ${sector}`]
  })
  const slips = confidential.filter(({ client_secret = '' }) => /^[\s"']|[\s"']$/.test(client_secret))
  const withoutSub = entries.users.filter(({ sub }) => sub === undefined)
  const signed = entries.clients.filter(
    ({ scope = '', access_token_format }) =>
      scope.split(' ').includes('openid') || access_token_format === 'jwt',
  )
  const fleeting = !store.durable && env.SIGNING_KEYS_FILE === ''
  const { protocol, hostname } = new URL(issuer)
  const proxied = protocol === 'https:' && !isLoopbackHost(hostname)
  return [
    ...remarks,
    ...(proxied && env.TRUST_PROXY.length === 0 ? [PROXY] : []),
    ...list(
      fleeting ? signed.map(({ client_id }) => client_id) : [],
      `the signing keys die with this process, and what they signed for these clients cannot be verified after a restart; set SIGNING_KEYS_FILE or ${storesThatAre('durable')}`,
    ),
    ...list(
      withoutPkce.map(({ client_id }) => client_id),
      'clients may leave out PKCE; set require_pkce: true where they can',
    ),
    ...list(
      tokensInUrls.map(({ client_id }) => client_id),
      'clients take access tokens out of a URL (response_types with token), which RFC 9700 section 2.1.2 advises against; use code',
    ),
    ...list(
      passwords.map(({ client_id }) => client_id),
      'clients see passwords (grant type password), which RFC 9700 section 2.4 forbids to new ones; use authorization_code',
    ),
    ...list(
      ported,
      'sectors of pairwise subjects are host names without their port now, so people have another sub in these clients; set sector as shown to keep those of before, or without the port to have the new ones',
    ),
    ...list(
      cheap.map(([name]) => name),
      `bcrypt hashes have a cost under ${CHEAPEST_HASH}, so whoever gets them tries passwords fast; for each, ${MAKE_HASH}`,
    ),
    ...list(
      ambiguousNames(entries.users.map(({ username }) => username)),
      'user names differ only in capitals, spaces around them or the form of their characters: each is found by its exact spelling, and any other spelling finds nobody',
    ),
    ...list(
      slips.map(({ client_id }) => client_id),
      'client secrets begin or end with a space or a quotation mark, which is a part of them (docker run --env-file keeps quotes)',
    ),
    ...list(
      unspoken(entries),
      'scopes have no sentence: people read their bare name; give them one under scopes',
    ),
    ...list(
      withoutSub.map(({ username }) => username),
      'users have no sub: their user name stands for it, and renaming one makes another person',
    ),
  ]
}

/** What people are asked for by name, because neither the standard nor the file has a sentence for it. */
function unspoken({ clients, scopes }: Entries): string[] {
  const shown = clients.filter(
    ({ skip_consent, grant_types = ['authorization_code'] }) =>
      !skip_consent && grant_types.some((type) => type === 'authorization_code' || type === 'implicit'),
  )
  const all = new Set(shown.flatMap(({ scope = '' }) => scopeTokens(scope)))
  const standard = (scope: string) =>
    ['openid', 'offline_access'].includes(scope) || claimsOfScope(scope).length > 0
  return [...all].filter((scope) => !Object.hasOwn(scopes, scope) && !standard(scope))
}

const CHEAPEST_HASH = 10
const PROXY =
  "TRUST_PROXY is not set: all logins seem to come from the address of the proxy in front of this https issuer and share one counter of failed logins; set it to the proxy's address"

function list(names: readonly string[], sentence: string): string[] {
  return names.length === 0 ? [] : [`${sentence} (${listed(names)})`]
}
