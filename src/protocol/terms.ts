import type { Parameters } from './parameters.ts'
import { readScope, scopeGranted, scopeIntersection, scopeWithin } from './scope.ts'

/**
 * What a token is bound to. A grant has terms, a token may have narrower ones, and a grant keeps one profile for all its
 * tokens of the same terms. The key that a token may be bound to (`cnf`) is not among them: a key that is replaced must not
 * take another profile.
 *
 * A further kind (`resource` of RFC 8707, `authorization_details` of RFC 9396) is an optional field here and in
 * `RequestedTerms`, and a line in each function of this file; records, token layouts and responses name the fields too.
 */
export interface Terms {
  readonly scope: string
}

/** The terms that a token request names; what it does not name is inherited. */
export interface RequestedTerms {
  readonly scope: string | undefined
}

/** Returns the terms alone of something that has them: a grant, a profile, a token's facts. */
export function termsOf({ scope }: Terms): Terms {
  return { scope }
}

/** Whether two tokens of these terms may share a profile. */
export function sameTerms(first: Terms, second: Terms): boolean {
  return first.scope === second.scope
}

/** Whether nothing of `terms` goes beyond `whole`. */
export function termsWithin(terms: Terms, whole: Terms): boolean {
  return scopeWithin(terms.scope, whole.scope)
}

/** Returns what is left of `terms` for a client that may have `scope` now: it may be less than it was. */
export function narrowTerms(terms: Terms, scope: string): Terms {
  return { scope: scopeIntersection(terms.scope, scope) }
}

/**
 * Returns what of `allowed` a refresh gets, in `allowed`'s order, so that the same names in another order are the same
 * terms. Undefined if nothing of it is allowed, or `openid` is not (`scopeGranted`).
 */
export function grantTerms({ scope }: RequestedTerms, allowed: Terms): Terms | undefined {
  if (scope === undefined) return allowed
  const granted = scopeGranted(scope, allowed.scope)
  return granted === undefined ? undefined : { scope: scopeIntersection(allowed.scope, granted) }
}

/** How many characters the terms have: bounds what a record keeps of them. */
export function termsLength({ scope }: Terms): number {
  return scope.length
}

/** Reads the terms of a token request. Throws `invalid_scope` if they are malformed. */
export function readTerms(parameters: Parameters): RequestedTerms {
  const scope = parameters.one('scope')
  return { scope: scope === undefined ? undefined : readScope(scope) }
}
