import { isLoopbackHost } from '../../protocol/redirect-uri.ts'

// Characters: it is in every grant, and in every URL of the flow.
const MAX_LENGTH = 500

/** Whether a `client_id` can only be the address of a document: no id that this server makes begins so. */
export function isDocumentUrl(client_id: string): boolean {
  return /^https?:\/\//i.test(client_id)
}

/**
 * Why a `client_id` is no address of a document (draft-ietf-oauth-client-id-metadata-document §2), or undefined if it is one. What
 * can be spelled in several ways is refused in all but one: the same document must not have two ids. `loopback`: whether plain http
 * to this machine is one.
 */
export function documentUrlProblem(
  client_id: string,
  { loopback }: { loopback: boolean },
): string | undefined {
  if (client_id.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} characters`
  const url = URL.parse(client_id)
  if (url === null) return 'is not a URL'
  const own = loopback && url.protocol === 'http:' && isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !own) return 'must begin with https://'
  if (url.username !== '' || url.password !== '' || /^\w+:\/\/[^/]*@/.test(client_id))
    return 'carries user information'
  if (client_id.includes('#')) return 'has a fragment'
  if (client_id.endsWith('?')) return 'has an empty query'
  if (url.hostname.endsWith('.')) return 'has a dot at the end of its host'
  if (url.href === `${client_id}/`) return 'has no path'
  if (url.href !== client_id) return `must be in its plain spelling, ${url.href}`
  return undefined
}
