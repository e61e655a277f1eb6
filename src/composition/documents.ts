import type { ApprovedDocument } from '../clients/documents/approved-documents.ts'
import { type DocumentClients, documentClients } from '../clients/documents/document-clients.ts'
import { Documents } from '../clients/documents/documents.ts'
import { isListed } from '../clients/documents/hosts.ts'
import type { Blocking } from '../clients/introduced/blocking.ts'
import { usageOfIntroduced } from '../clients/introduced/introduced-clients.ts'
import type { Rules } from '../clients/rules.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { configuredDocuments } from '../config/documents.ts'
import { Outbound, type Reach } from '../outbound/outbound.ts'
import { strangersLookup } from '../outbound/resolver.ts'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'

/**
 * The clients that documents describe, if the configuration lets any in.
 * Throws `ConfigError` for a scope that they cannot have.
 */
export function documentClientsOf(
  { env, issuer, entries }: Pick<Config, 'env' | 'issuer' | 'entries'>,
  { approved, rules, blocking }: { approved: ApprovedDocument; rules: Rules; blocking: Blocking },
): DocumentClients | undefined {
  const configured = configuredDocuments(entries)
  if (configured === undefined) return undefined
  const { hosts, scopes = rules.publicScopes } = configured
  const closed = scopes.find((scope) => !rules.publicScopes.includes(scope))
  if (closed !== undefined)
    throw new ConfigError(
      `/client_id_metadata_documents/scopes has ${closed}, which is not public; say so under scopes, or under resources`,
    )
  const strangers = strangersOutbound(issuer)
  const loopback = isOnLoopback(issuer)
  // Hosts that the operator has named may be in the network that they opened.
  const named = new Outbound({ reach: env.ALLOW_PRIVATE_ADDRESSES === 'true' ? 'private' : reachOf(issuer) })
  const outbound = (url: string) =>
    hosts !== 'all' && isListed(new URL(url).hostname, hosts) ? named : strangers
  const documents = new Documents({ outbound, offered: scopes })
  return documentClients({
    ...{ approved, documents, blocking },
    rules: { ...rules, publicScopes: scopes },
    policy: { hosts, loopback },
    usage: usageOfIntroduced(rules),
  })
}

/** What asks the addresses that clients name which introduced themselves: never one of a network of ours. */
export function strangersOutbound(issuer: string): Outbound {
  return new Outbound({ reach: reachOf(issuer), find: strangersLookup() })
}

// Whoever tries this server on their own machine has their clients there too.
function reachOf(issuer: string): Reach {
  return isOnLoopback(issuer) ? 'loopback' : 'public'
}

function isOnLoopback(issuer: string): boolean {
  return isLoopbackHost(new URL(issuer).hostname)
}
