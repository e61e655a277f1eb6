import { ConfigError } from '../../config/config-error.ts'
import { scopeIntersection, scopeTokens } from '../../protocol/scope.ts'
import type { RegistrationKeys } from '../../registry/registration-keys.ts'
import type { Keys } from '../../secrets/keys.ts'
import type { Client, Introduction } from '../client.ts'
import { registerClient } from '../registration.ts'
import type { ClientSource } from '../registry.ts'
import type { Rules } from '../rules.ts'
import { digestOf } from '../secret.ts'
import { type Usage, unionOf } from '../usage.ts'
import type { Blocking } from './blocking.ts'
import type { NarrowedMetadata } from './metadata.ts'
import { digestOfMetadata, hasSecret, openId, type Sealed } from './sealed-id.ts'

/** What every such id begins with. */
const PREFIX = 'ci_'

// Seconds: an application that nobody looks after must not have access for ever.
const LONGEST_GRANT = 90 * 86_400
// Seconds: what people may choose instead. An hour, a working day, a month.
const CONSENT_LIFETIMES = [3600, 8 * 3600, 30 * 86_400]
const MAX_CACHED = 1000

/**
 * The clients that introduced themselves, as a source: their ids say all that there is to know. `open`: whether more may come; those of
 * before go on if not. `blocking`: which of them are let in.
 */
export function introducedClients(
  keys: RegistrationKeys,
  rules: Rules,
  { open, blocking }: { open: boolean; blocking: Blocking },
): ClientSource {
  const known = new Map<string, Client>()
  const usage = open ? usageOfIntroduced(rules) : unionOf([])
  const opened = (client_id: string, found: Keys | undefined): Client | undefined => {
    const sealed = found && openId(found, client_id)
    if (sealed === undefined) return undefined
    const client = introducedClient(client_id, sealed, rules)
    if (known.size >= MAX_CACHED) known.delete(known.keys().next().value as string)
    known.set(client_id, client)
    return client
  }
  const find = (client_id: string): Client | undefined | Promise<Client | undefined> => {
    if (!client_id.startsWith(PREFIX)) return undefined
    const client = known.get(client_id)
    if (client !== undefined) return client
    const found = keys.find()
    return found instanceof Promise ? found.then((one) => opened(client_id, one)) : opened(client_id, found)
  }
  return {
    name: 'registration',
    ids: () => [],
    // No id of theirs is a URI.
    hasId: () => false,
    find(client_id) {
      const found = find(client_id)
      return found instanceof Promise
        ? found.then((one) => one && blocking.admit(one))
        : found && blocking.admit(found)
    },
    async blockedBy(client_id) {
      const found = await find(client_id)
      return found && blocking.blockedBy({ client: found })
    },
    usage: () => usage,
  }
}

/** A client that introduced itself. */
export type IntroducedClient = Client & { readonly introduced: Introduction }

/** The client of an id. */
export function introducedClient(
  client_id: string,
  { metadata, secret }: Sealed,
  rules: Rules,
): IntroducedClient {
  const {
    redirect_uris,
    grant_types,
    token_endpoint_auth_methods_supported: methods,
    jwks,
    ...others
  } = metadata
  // Clients register with the scope that they need first, and ask for more when a resource wants it (RFC 6750 §3.1): it is no limit,
  // for the next one that registers may have it all.
  const scope = rules.publicScopes.join(' ')
  // As it was offered then, without what is not offered any more.
  const registered = scopeIntersection(metadata.scope, scope)
  const entry = {
    ...{ client_id, ...others, scope, redirect_uris: [...redirect_uris], grant_types: [...grant_types] },
    ...{ response_types: ['code' as const], require_pkce: true },
    // Some ask for nothing: then it is who the person is, and no more.
    default_scope: scopeTokens(registered).includes('openid') ? 'openid' : registered,
    ...(jwks && { jwks: { keys: jwks.keys.map((key) => ({ ...key })) } }),
    ...(secret !== undefined && {
      client_secrets: [{ name: 'own', client_secret_digest: digestOf(secret) }],
    }),
  }
  // Where their keys may be is narrowed already; what is reached there is for who asks.
  const client = registerClient(entry, { ...rules, plainHttp: true }, (field, problem) => {
    throw new ConfigError(`${field} ${problem}`)
  })
  const { grant_max_ttl } = client.lifetimes
  const longest = grant_max_ttl === 0 ? LONGEST_GRANT : Math.min(grant_max_ttl, LONGEST_GRANT)
  return {
    ...client,
    ...(methods && { auth_methods: methods }),
    introduced: { consent_id: consentIdIn(client_id, metadata), scope: registered },
    lifetimes: { ...client.lifetimes, grant_max_ttl: longest },
    consent_lifetimes: CONSENT_LIFETIMES.filter((seconds) => seconds <= longest),
  }
}

// With a secret each registration has another id, and nobody is to be asked for each. On a website: whoever registers the same is sent
// back there, too. What listens on a device may be any program (RFC 8252 §8.6), which would come in by somebody else's approval. No id that
// is anybody's has a line break.
function consentIdIn(client_id: string, metadata: NarrowedMetadata): string {
  const isShared = hasSecret(metadata) && metadata.redirect_uris.every((uri) => uri.startsWith('https:'))
  return isShared ? `registration\n${digestOfMetadata(metadata)}` : client_id
}

/** What such clients may use: what the rules allow them, or the metadata would change with every one that comes. */
export function usageOfIntroduced({ lifetimes }: Rules): Usage {
  return {
    ...unionOf([]),
    grant_types: new Set(['authorization_code', 'refresh_token']),
    response_types: new Set(['code']),
    algorithms: new Set(['RS256']),
    access_token_ttl: lifetimes.access_token_ttl,
  }
}
