import { type Client, isPublic } from '../clients/client.ts'
import { formerSector } from '../clients/registration/sector.ts'
import { registeredClients } from '../composition/clients.ts'
import type { Config } from '../config/config.ts'
import { MAKE_HASH } from '../config/config-error.ts'
import { introduceThemselves } from '../config/documents.ts'
import { listed } from '../config/names.ts'
import type { ClientEntry, ResourceEntry, UserEntry } from '../config/schema.ts'
import { readScopeEntries } from '../config/scopes.ts'
import { isCheapHash } from '../passwords/password-hash.ts'
import { isStandardScope } from '../protocol/claims.ts'
import { readMoment } from '../protocol/moment.ts'
import { isPlainRemote } from '../protocol/private-host.ts'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'
import { gives } from '../protocol/response-type.ts'
import { scopeTokens } from '../protocol/scope.ts'
import { storesThatAre } from '../store/index.ts'
import { ambiguousNames } from '../users/names.ts'

/** A configuration, and its clients as the registry made them: every default is filled in. */
interface Registered {
  config: Config
  clients: readonly { client: Client; entry: ClientEntry }[]
}

/** One line about whoever a choice of the operator concerns. */
interface Notice {
  /** Their names. If there are none, there is nothing to say. */
  concerns: (registered: Registered) => readonly string[]
  sentence: string
}

/** What an operator should know about a configuration that is valid but leaves something open. */
export function notices(config: Config): string[] {
  const { entries, demo, remarks } = config
  if (demo) return [...remarks]
  const made = registeredClients(config)
  const clients = entries.clients.map((entry) => ({ entry, client: made.get(entry.client_id) as Client }))
  const lines = NOTICES.flatMap(({ concerns, sentence }) => {
    const names = concerns({ config, clients })
    return names.length === 0 ? [] : [`${sentence} (${listed(names)})`]
  })
  const forgets = config.store.durable ? [] : [FORGETS, ...idsEnd(config)]
  const homeless = config.env.ISSUER === '' && config.env.CONFIG_FILE === '' ? [HOMELESS(config.issuer)] : []
  return [...remarks, ...homeless, ...(proxyIsUnnamed(config) ? [PROXY] : []), ...forgets, ...lines]
}

function idsEnd({ entries }: Config): string[] {
  return (entries.registration ?? 'off') === 'off' ? [] : [IDS_END]
}

const IDS_END =
  'clients that register themselves (registration) have ids that end with this process; they register again then'

const FORGETS =
  'logins, consents and refresh tokens are forgotten with this process; set SQLITE_FILE to a file that keeps them (docs/one-node.md)'

const HOMELESS = (issuer: string) =>
  `ISSUER is not set: tokens, metadata and links say ${issuer}; set it to the address that browsers and applications use`

const PROXY =
  "TRUST_PROXY is not set: all logins seem to come from the address of the proxy in front of this https issuer and share one counter of failed logins; set it to the proxy's address"

function proxyIsUnnamed({ issuer, env }: Config): boolean {
  const { protocol, hostname } = new URL(issuer)
  return protocol === 'https:' && !isLoopbackHost(hostname) && env.TRUST_PROXY.length === 0
}

const isCheap = (hash: string | undefined) => hash !== undefined && isCheapHash(hash)

const NOTICES: readonly Notice[] = [
  {
    concerns: ({ config, clients }) => [
      ...(isPlainRemote(config.issuer) ? [`ISSUER ${config.issuer}`] : []),
      ...clientsThat(({ redirect_uris }) => redirect_uris.some(isPlainRemote))({ config, clients }),
    ],
    sentence:
      'plain http off this machine (ALLOW_HTTP): whoever is in that network can read and change passwords, codes and tokens; browsers send no Secure cookies and no Sec-Fetch headers, have no passkeys, and applications in them cannot make a PKCE S256 challenge',
  },
  {
    concerns: (registered) => (keysAreFleeting(registered) ? clientsThat(takeSignatures)(registered) : []),
    sentence: `the signing keys die with this process, and what they signed for these clients cannot be verified after a restart; set SIGNING_KEYS_FILE or ${storesThatAre('durable')}`,
  },
  {
    concerns: clientsThat(
      (client) => !isPublic(client) && !client.require_pkce && client.grant_types.has('authorization_code'),
    ),
    sentence: 'clients may leave out PKCE; set require_pkce: true where they can',
  },
  {
    concerns: clientsThat(({ response_types }) => [...response_types].some((type) => gives(type, 'token'))),
    sentence:
      'clients take access tokens out of a URL (response_types with token), which RFC 9700 section 2.1.2 advises against; use code',
  },
  {
    concerns: clientsThat(({ grant_types }) => grant_types.has('password')),
    sentence:
      'clients see passwords (grant type password), which RFC 9700 section 2.4 forbids to new ones; use authorization_code',
  },
  {
    concerns: ({ clients }) =>
      clients.flatMap(({ client, entry }) => {
        const sector = formerSector(entry)
        return sector === undefined ? [] : [`${client.client_id}: ${sector}`]
      }),
    sentence:
      'sectors of pairwise subjects are host names without their port now, so people have another sub in these clients; set sector as shown to keep those of before, or without the port to have the new ones',
  },
  {
    concerns: (registered) => [
      ...usersThat(({ password_hash }) => isCheap(password_hash))(registered),
      ...clientsThat((_client, { client_secret_hash, client_secrets = [] }) =>
        [{ client_secret_hash }, ...client_secrets].some((one) => isCheap(one.client_secret_hash)),
      )(registered),
    ],
    sentence: `hashes are cheap (bcrypt under 10, or Argon2id under 7 MiB or 32 MiB over all passes), so whoever gets them tries passwords fast; for each, ${MAKE_HASH}`,
  },
  {
    concerns: ({ config }) => ambiguousNames(config.entries.users.map(({ username }) => username)),
    sentence:
      'user names differ only in capitals, spaces around them or the form of their characters: each is found by its exact spelling, and any other spelling finds nobody',
  },
  {
    concerns: clientsThat((_client, { client_secret = '' }) => /^[\s"']|[\s"']$/.test(client_secret)),
    sentence:
      'client secrets begin or end with a space or a quotation mark, which is a part of them (docker run --env-file keeps quotes)',
  },
  {
    concerns: clientsThat((_client, { client_secrets = [] }) => client_secrets.some(hasEnded)),
    sentence: 'clients have a secret under client_secrets that has ended; take it out of the file',
  },
  {
    concerns: emptyGroups,
    sentence: 'clients are for groups that nobody in the file is in (allowed_groups)',
  },
  {
    concerns: unheldScopes,
    sentence: 'scopes are for members of groups only, but no client may ask for them; is one misspelt?',
  },
  {
    concerns: undescribedGroups,
    sentence: 'groups of clients or users are not among those that groups describes; is one misspelt?',
  },
  {
    concerns: closedResources,
    sentence:
      'clients may introduce themselves (registration, client_id_metadata_documents), but not for these resources; public: true lets them',
  },
  {
    concerns: unspokenScopes,
    sentence: 'scopes have no sentence: people read their bare name; give them one under scopes',
  },
  {
    concerns: usersThat(({ sub }) => sub === undefined),
    sentence: 'users have no sub: their user name stands for it, and renaming one makes another person',
  },
]

function clientsThat(concerns: (client: Client, entry: ClientEntry) => boolean): Notice['concerns'] {
  return ({ clients }) =>
    clients.flatMap(({ client, entry }) => (concerns(client, entry) ? [client.client_id] : []))
}

function usersThat(concerns: (user: UserEntry) => boolean): Notice['concerns'] {
  return ({ config }) => config.entries.users.filter(concerns).map(({ username }) => username)
}

function hasEnded({ until }: { until?: string }): boolean {
  return until !== undefined && (readMoment(until) ?? 0) <= Date.now() / 1000
}

function keysAreFleeting({ config: { store, env } }: Registered): boolean {
  return !store.durable && env.SIGNING_KEYS_FILE === ''
}

function takeSignatures({ scope, access_token_format }: Client): boolean {
  return scopeTokens(scope).includes('openid') || access_token_format === 'jwt'
}

/** Clients that nobody of the file may use. */
function emptyGroups({ config, clients }: Registered): string[] {
  const groups = new Set(config.entries.users.flatMap((user) => user.groups ?? []))
  return clients.flatMap(({ client: { client_id, allowed_groups } }) =>
    allowed_groups === undefined || [...allowed_groups].some((name) => groups.has(name)) ? [] : [client_id],
  )
}

/** Scopes that a group keeps for its members although nobody could ask for them: the one that was meant is everybody's. */
function unheldScopes({ config, clients }: Registered): string[] {
  const groups = Object.values(config.entries.groups ?? {})
  const kept = groups.flatMap((group) => (typeof group === 'string' ? [] : (group.scopes ?? [])))
  const asked = new Set(clients.flatMap(({ client }) => scopeTokens(client.scope)))
  return [...new Set(kept)].filter((scope) => !asked.has(scope))
}

/** All resources, if clients introduce themselves and may have none of them. Some that are public show that the others are not on purpose. */
function closedResources({ config: { entries } }: Registered): string[] {
  const { resources = [] } = entries
  if (!introduceThemselves(entries)) return []
  const open = new Set(readScopeEntries(entries.scopes).public)
  const isOpen = ({ public: all, scopes }: ResourceEntry) =>
    all || scopes === undefined || scopes.some((scope) => open.has(scope))
  return resources.some(isOpen) ? [] : resources.map(({ resource }) => resource)
}

function undescribedGroups({ config: { entries }, clients }: Registered): string[] {
  const { groups, users } = entries
  if (groups === undefined) return []
  const named = [
    ...users.flatMap((user) => user.groups ?? []),
    ...clients.flatMap(({ client }) => [...(client.allowed_groups ?? [])]),
  ]
  return [...new Set(named)].filter((name) => !Object.hasOwn(groups, name))
}

/** What people are asked for by name, because neither the standard nor the file has a sentence for it. */
function unspokenScopes({ config, clients }: Registered): string[] {
  const asking = clients.filter(
    ({ client: { skip_consent, grant_types } }) =>
      !skip_consent && (grant_types.has('authorization_code') || grant_types.has('implicit')),
  )
  const { entries } = config
  const open = introduceThemselves(entries) ? (entries.resources ?? []).filter((one) => one.public) : []
  const names = new Set([
    ...asking.flatMap(({ client }) => scopeTokens(client.scope)),
    ...open.flatMap(({ scopes = [] }) => scopes),
  ])
  return [...names].filter((scope) => !Object.hasOwn(config.entries.scopes, scope) && !isStandardScope(scope))
}
