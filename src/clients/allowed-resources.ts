import { OAuthError, quoted } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { OWN_RESOURCE } from '../protocol/resource.ts'
import { scopeIntersection, scopeTokens } from '../protocol/scope.ts'
import type { Resources } from '../resources/resources.ts'
import type { Client, Lifetimes } from './client.ts'
import type { ClientRegistry } from './registry.ts'

type Named = readonly string[] | undefined

/** Which resources clients may have tokens for (RFC 8707), and what follows from them for scope and lifetimes. */
export interface AllowedResources {
  /** Reads the `resource` parameters. Undefined for none. Throws `invalid_target`. */
  read(parameters: Parameters): Named
  /** Throws `invalid_target` if this client may not have, here and now, a token for these. */
  require(client: Client, resource: readonly string[]): Promise<void>
  /** What of a scope may be granted at these. */
  scopeAt(resource: Named, scope: string): string
  /** What a client gets at these that names no scope. */
  defaultAt(resource: Named, client: Client): string
  /** The client's lifetimes, with those of access tokens for these. */
  lifetimesAt(resource: Named, client: Pick<Client, 'lifetimes'>): Lifetimes
}

/** What clients of this registry may have of these resources. */
export function allowedResources({
  clients,
  resources,
}: {
  clients: Pick<ClientRegistry, 'hasId'>
  resources: Resources
}): AllowedResources {
  const problemOf = async ({ scope }: Client, resource: string): Promise<string | undefined> => {
    if (resource === OWN_RESOURCE) return undefined
    if (!resources.serves([resource])) return 'is not known here'
    const scopes = resources.find(resource)?.scopes
    if (scopes !== undefined && !scopeTokens(scope).some((token) => scopes.has(token)))
      return 'has no scope that this client may have'
    // Of those in the configuration registration makes sure.
    const isClient = resources.find(resource) === undefined && (await clients.hasId(resource))
    // A token whose audience is a client could be taken for an ID token there.
    return isClient ? 'is the id of a client' : undefined
  }

  return {
    read: (parameters) => resources.read(parameters),

    async require(client, resource) {
      for (const one of resource) {
        const problem = await problemOf(client, one)
        if (problem !== undefined)
          throw new OAuthError('invalid_target', `resource ${quoted(one)} ${problem}`, {
            client_id: client.client_id,
          })
      }
    },

    scopeAt: (resource, scope) => resources.scopeAt(resource, scope),

    defaultAt(resource, { scope, default_scope, introduced }) {
      const listed = introduced && resource ? resources.listedAt(resource, introduced.scope) : ''
      if (listed !== '') return listed
      return scopeIntersection(default_scope, resources.scopeAt(resource, scope))
    },

    lifetimesAt(resource, { lifetimes }) {
      if (resource === undefined) return lifetimes
      return { ...lifetimes, access_token_ttl: resources.ttlAt(resource, lifetimes.access_token_ttl) }
    },
  }
}
