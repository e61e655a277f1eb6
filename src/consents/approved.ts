import { OWN_RESOURCE, resourceKey } from '../protocol/resource.ts'
import { scopeDifference, scopeUnion, scopeWithin } from '../protocol/scope.ts'
import type { Terms } from '../protocol/terms.ts'
import { own, shared } from '../store/own.ts'

/** Scopes that somebody approves, or must have approved, by what they are for. */
export interface Approved {
  /** For this server itself, as before there were resources. */
  readonly scope: string
  /** For each resource (RFC 8707), by what its spellings have in common. An empty scope is something else than none. */
  readonly resources?: Readonly<Record<string, string>>
}

// Of one client: the record of somebody who approves ever further ones must not grow with each.
const MAX_RESOURCES = 32

/**
 * What has to be approved for these terms. `scopeAt` says what of the scope is for which resource: what was approved for one
 * says nothing about another.
 */
export function approvalOf(
  { scope, resource }: { scope: string; resource?: readonly string[] | undefined },
  scopeAt: (resource: readonly string[], scope: string) => string,
): Approved {
  if (resource === undefined) return { scope }
  const others = resource.filter((one) => one !== OWN_RESOURCE)
  return {
    scope: others.length < resource.length ? scopeAt([OWN_RESOURCE], scope) : '',
    resources: Object.fromEntries(others.map((one) => [resourceKey(one), scopeAt([one], scope)])),
  }
}

/** Both together. Returns `before` itself if it has everything. The youngest resources stay, if they are too many. */
export function withApproved<A extends Approved>(before: A, more: Approved): A {
  if (isApproved(before, more)) return before
  const scope = shared(scopeUnion(before.scope, more.scope))
  if (more.resources === undefined) return { ...before, scope }
  const resources = new Map(Object.entries(before.resources ?? {}))
  for (const [key, added] of Object.entries(more.resources)) {
    const known = resources.get(key)
    resources.delete(key)
    resources.set(own(key), shared(known === undefined ? added : scopeUnion(known, added)))
  }
  return { ...before, scope, resources: Object.fromEntries([...resources].slice(-MAX_RESOURCES)) }
}

/** Whether all of `wanted` is approved. */
export function isApproved(approved: Approved, wanted: Approved): boolean {
  return (
    scopeWithin(wanted.scope, approved.scope) &&
    Object.entries(wanted.resources ?? {}).every(([key, scope]) => {
      const known = approvedAt(approved, key)
      return known !== undefined && scopeWithin(scope, known)
    })
  )
}

/** What of `wanted` is not approved yet: the scopes, and the resources that are new by themselves. */
export function unapproved(
  approved: Approved,
  wanted: Approved,
): { scope: string; resources: ReadonlySet<string> } {
  const entries = Object.entries(wanted.resources ?? {})
  const scopes = entries.map(([key, scope]) => scopeDifference(scope, approvedAt(approved, key) ?? ''))
  return {
    scope: scopes.reduce(scopeUnion, scopeDifference(wanted.scope, approved.scope)),
    resources: new Set(entries.map(([key]) => key).filter((key) => approvedAt(approved, key) === undefined)),
  }
}

/** Everything that is approved, together: all scopes, whatever they are for, and all resources. */
export function approvedTerms({ scope, resources }: Approved): Terms {
  if (resources === undefined) return { scope }
  return { scope: Object.values(resources).reduce(scopeUnion, scope), resource: Object.keys(resources) }
}

function approvedAt({ resources = {} }: Approved, key: string): string | undefined {
  return Object.hasOwn(resources, key) ? resources[key] : undefined
}
