import { OAuthError } from './errors.ts'

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by one space.
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/

/** Whether `text` is a well-formed scope string. */
export function isScope(text: string): boolean {
  return SCOPE.test(text)
}

/** The scope's tokens, each once, in the order given. An empty scope has none. */
export function scopeTokens(scope: string): string[] {
  return scope === '' ? [] : [...new Set(scope.split(' '))]
}

/** Parses an untrusted `scope` parameter; throws `invalid_scope` if it is malformed. */
export function readScope(text: string): string {
  if (!isScope(text))
    throw new OAuthError('invalid_scope', 'scope is a list of names separated by single spaces')
  return text.includes(' ') ? scopeTokens(text).join(' ') : text
}

/** Whether every token of `part` is one of `whole`'s. */
export function scopeWithin(part: string, whole: string): boolean {
  if (part === whole || part === '') return true
  const allowed = whole.split(' ')
  return part.split(' ').every((token) => allowed.includes(token))
}

/** The tokens of `part` that `whole` has too, in `part`'s order. */
export function scopeIntersection(part: string, whole: string): string {
  if (part === whole) return part
  // A set: a request may name thousands.
  const allowed = new Set(whole.split(' '))
  return scopeTokens(part)
    .filter((token) => allowed.has(token))
    .join(' ')
}

/**
 * What is granted of a scope that was asked for (RFC 6749 §3.3: the server may ignore a part of it, and says so in
 * `scope`), in `asked`'s order. Undefined if nothing of it is allowed, or if `openid` is what is not: the client would
 * wait for an ID token that never comes.
 */
export function scopeGranted(asked: string, allowed: string): string | undefined {
  const granted = scopeIntersection(asked, allowed)
  return granted === '' || scopeDifference(asked, granted).split(' ').includes('openid') ? undefined : granted
}

/** The tokens of `whole` that `part` has not. */
export function scopeDifference(whole: string, part: string): string {
  if (whole === part) return ''
  const tokens = new Set(part.split(' '))
  return scopeTokens(whole)
    .filter((token) => !tokens.has(token))
    .join(' ')
}

/** The tokens of both, `first`'s before the ones that only `second` has. */
export function scopeUnion(first: string, second: string): string {
  return [...new Set([...scopeTokens(first), ...scopeTokens(second)])].join(' ')
}

/**
 * What a client gets that names no scope: all of its own but `openid` and `offline_access`. Both change what kind of
 * answer it gets: only ever on its own word.
 */
export function standingScope(scope: string): string {
  return scopeTokens(scope)
    .filter((token) => token !== 'openid' && token !== 'offline_access')
    .join(' ')
}
