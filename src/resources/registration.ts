import { type Fail, failAt } from '../config/config-error.ts'
import { wordsIn } from '../config/in-languages.ts'
import type { ResourceEntry } from '../config/schema.ts'
import { isStandardScope } from '../protocol/claims.ts'
import { resourceKey, resourceProblem } from '../protocol/resource.ts'
import { isScope } from '../protocol/scope.ts'
import type { Resource } from './resources.ts'

/**
 * Makes the resources of these entries, by what all spellings of each have in common. `own`: this server's. Throws
 * `ConfigError`, with the path.
 */
export function registerResources(
  entries: readonly ResourceEntry[],
  own: ReadonlySet<string>,
): ReadonlyMap<string, Resource> {
  const resources = new Map<string, Resource>()
  for (const [at, entry] of entries.entries()) {
    const fail = failAt(`/resources/${at}`, `resource ${entry.resource.slice(0, 100)}`)
    const problem = resourceProblem(entry.resource)
    if (problem !== undefined) fail('resource', problem)
    const key = resourceKey(entry.resource)
    if (own.has(key)) fail('resource', 'is this server itself, whose tokens are as each client has them')
    if (resources.has(key)) fail('resource', 'is listed twice; capitals and a slash at the end do not count')
    resources.set(key, { ...registerResource(entry), ...readScopes(entry, fail) })
  }
  return resources
}

function registerResource(entry: ResourceEntry): Omit<Resource, 'scopes'> {
  const { resource, resource_name, sentence, access_token_ttl } = entry
  return {
    resource,
    public: entry.public ?? false,
    access_token_format: entry.access_token_format ?? 'opaque',
    // RFC 9068 §2.1: RS256 is what every resource server must understand.
    access_token_signed_response_alg: entry.access_token_signed_response_alg ?? 'RS256',
    access_token_typ: entry.access_token_typ ?? 'at+jwt',
    ...(resource_name !== undefined && { resource_name: wordsIn(entry, 'resource_name', resource_name) }),
    ...(sentence !== undefined && { sentence: wordsIn(entry, 'sentence', sentence) }),
    ...(access_token_ttl !== undefined && { access_token_ttl }),
  }
}

function readScopes({ scopes }: ResourceEntry, fail: Fail): Pick<Resource, 'scopes'> {
  if (scopes === undefined) return {}
  for (const scope of scopes) {
    if (!isScope(scope) || scope.includes(' ')) fail('scopes', 'must be names of scopes, one each')
    // What they mean is the standard's to say, and it is the same at every resource.
    if (isStandardScope(scope)) fail('scopes', `has ${scope}, which belongs to no single resource`)
  }
  return { scopes: new Set(scopes) }
}
