import { OAuthError, quoted } from './errors.ts'

/**
 * This server itself, in a list of resources. Terms without resources are for it alone, so it stands only in lists that have
 * others too.
 */
export const OWN_RESOURCE = ''

const MAX_RESOURCES = 8
// Of the resources of one request together: a token may have to carry them, beside its scope, in 4 KB.
const MAX_CHARACTERS = 700

// RFC 3986 §2 and §4.3, with the authority (§3.2) apart.
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?]*))?([A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]*)$/
const AUTHORITY = /^[A-Za-z0-9\-._~:[\]!$&'()*+,;=%]+$/

/**
 * Reads one `resource` (RFC 8707 §2): an absolute URI without a fragment. Returns it with scheme and host in lower case. Throws
 * `invalid_target`.
 */
export function readResource(text: string): string {
  const problem = resourceProblem(text)
  if (problem !== undefined) throw new OAuthError('invalid_target', `resource ${quoted(text)} ${problem}`)
  const [, scheme = '', authority, rest = ''] = ABSOLUTE.exec(text) ?? []
  const host = authority === undefined ? '' : `//${authority.toLowerCase()}`
  return `${scheme.toLowerCase()}:${host}${rest}`
}

/** Why `text` cannot be a resource, or undefined if it can. */
export function resourceProblem(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `is longer than ${MAX_CHARACTERS} characters`
  if (text.includes('#')) return 'has a fragment (RFC 8707 section 2)'
  const [, scheme = '', authority] = ABSOLUTE.exec(text) ?? []
  if (scheme === '') return 'is not an absolute URI'
  if (authority === undefined) return /^https?$/i.test(scheme) ? 'is not written scheme://host' : undefined
  if (authority.includes('@')) return 'carries user information'
  return AUTHORITY.test(authority) ? undefined : 'has no host'
}

/** What two spellings of one resource have in common: a slash at the end does not count. Throws `invalid_target`. */
export function resourceKey(resource: string): string {
  if (resource === OWN_RESOURCE) return OWN_RESOURCE
  const read = readResource(resource)
  return read.endsWith('/') ? read.slice(0, -1) : read
}

/** Refuses more resources in one request than a token could carry. Throws `invalid_target`. */
export function boundResources(resources: readonly string[]): void {
  if (resources.length > MAX_RESOURCES)
    throw new OAuthError('invalid_target', `more than ${MAX_RESOURCES} resources in one request`)
  const together = resources.reduce((sum, resource) => sum + resource.length, 0)
  if (together > MAX_CHARACTERS)
    throw new OAuthError(
      'invalid_target',
      `the resources have more than ${MAX_CHARACTERS} characters together`,
    )
}

/** The resources as terms have them: undefined for this server alone. */
export function resourceTerms(resource: readonly string[] | undefined): readonly string[] | undefined {
  return resource?.length === 1 && resource[0] === OWN_RESOURCE ? undefined : resource
}

/** What terms are for: every resource, this server too. */
export function resourcesOf(resource: readonly string[] | undefined): readonly string[] {
  return resource ?? ALONE
}

const ALONE: readonly string[] = [OWN_RESOURCE]

/** Whether every resource of `part` is one of `whole`'s, in whatever spelling. */
export function resourceWithin(
  part: readonly string[] | undefined,
  whole: readonly string[] | undefined,
): boolean {
  if (part === whole) return true
  const allowed = keysOf(resourcesOf(whole))
  return resourcesOf(part).every((one) => allowed.has(resourceKey(one)))
}

/** The resources of `whole` that `part` names, in `whole`'s order and spelling, as terms have them. */
export function resourceIntersection(
  whole: readonly string[] | undefined,
  part: readonly string[],
): readonly string[] | undefined {
  const named = keysOf(part)
  return resourceTerms(resourcesOf(whole).filter((one) => named.has(resourceKey(one))))
}

function keysOf(resources: readonly string[]): ReadonlySet<string> {
  return new Set(resources.map(resourceKey))
}
