import type { Parameters } from './parameters.ts'
import { OWN_RESOURCE, resourceIntersection, resourceWithin } from './resource.ts'
import { readScope, scopeGranted, scopeIntersection, scopeWithin } from './scope.ts'

/**
 * What a token is bound to. A grant has terms, a token may have narrower ones, and a grant keeps one profile for all its
 * tokens of the same terms. The key that a token may be bound to (`cnf`) is not among them: a key that is replaced must not
 * take another profile.
 *
 * A further kind (`authorization_details` of RFC 9396) is an optional field here and in `RequestedTerms`, and a line in each
 * function of this file; records, token layouts and responses name the fields too.
 */
export interface Terms {
  readonly scope: string
  /** RFC 8707: whom the token is for. Absent: this server alone. Never an empty list. */
  readonly resource?: readonly string[] | undefined
}

/** The terms that a token request names; what it does not name is inherited. */
export interface RequestedTerms {
  readonly scope: string | undefined
  /** This server alone is a list with `OWN_RESOURCE`. */
  readonly resource?: readonly string[] | undefined
}

/** Terms of this scope. Only those that have resources have the field: most records and tokens have none. */
export function termsFor(scope: string, resource: readonly string[] | undefined): Terms {
  return resource === undefined ? { scope } : { scope, resource }
}

/** Returns the terms alone of something that has them: a grant, a profile, a token's facts. */
export function termsOf({ scope, resource }: Terms): Terms {
  return termsFor(scope, resource)
}

/** Whether two tokens of these terms may share a profile. */
export function sameTerms(first: Terms, second: Terms): boolean {
  return first.scope === second.scope && sameList(first.resource, second.resource)
}

/** Whether nothing of `terms` goes beyond `whole`. */
export function termsWithin(terms: Terms, whole: Terms): boolean {
  return scopeWithin(terms.scope, whole.scope) && resourceWithin(terms.resource, whole.resource)
}

/** Returns what is left of `terms` for a client that may have `scope` now: it may be less than it was. */
export function narrowTerms(terms: Terms, scope: string): Terms {
  return termsFor(scopeIntersection(terms.scope, scope), terms.resource)
}

/**
 * Returns `terms` for the resources alone that a token request names (RFC 8707 §2.2), in `terms`' order. Undefined if one of
 * them is none of `terms`'.
 */
export function termsAt(resource: readonly string[] | undefined, terms: Terms): Terms | undefined {
  if (resource === undefined) return terms
  if (!resourceWithin(resource, terms.resource)) return undefined
  return termsFor(terms.scope, resourceIntersection(terms.resource, resource))
}

/**
 * Returns what of `allowed` a refresh gets, in `allowed`'s order, so that the same names in another order are the same
 * terms. Undefined if nothing of it is allowed, or `openid` is not (`scopeGranted`). The resources are `termsAt`'s to narrow.
 */
export function grantTerms({ scope }: Pick<RequestedTerms, 'scope'>, allowed: Terms): Terms | undefined {
  if (scope === undefined) return allowed
  const granted = scopeGranted(scope, allowed.scope)
  return granted === undefined
    ? undefined
    : termsFor(scopeIntersection(allowed.scope, granted), allowed.resource)
}

/** The terms as a log has them: resources with spaces in between, this server left out. */
export function namedTerms({ scope, resource }: Terms): { scope: string; resource?: string } {
  if (resource === undefined) return { scope }
  return { scope, resource: resource.filter((one) => one !== OWN_RESOURCE).join(' ') }
}

/** How many characters the terms have: bounds what a record keeps of them. */
export function termsLength({ scope, resource = [] }: Terms): number {
  return resource.reduce((sum, one) => sum + one.length, scope.length)
}

/**
 * Reads the terms of a token request; its resources have been read by who knows them. Throws `invalid_scope` if they are
 * malformed.
 */
export function readTerms(parameters: Parameters, resource?: readonly string[] | undefined): RequestedTerms {
  const scope = parameters.one('scope')
  return { scope: scope === undefined ? undefined : readScope(scope), resource }
}

function sameList(first: readonly string[] | undefined, second: readonly string[] | undefined): boolean {
  if (first === second) return true
  return first?.length === second?.length && first?.every((one, at) => one === second?.[at]) === true
}
