import { isLoopbackHost } from '../protocol/redirect-uri.ts'

/**
 * Whether a resource that nobody has described may have tokens: an https URL, or http on a loopback host, in its one plain
 * spelling (no default port, no dot segments), so that it reads as what it is. `resource`: with scheme and host in lower case.
 */
export function isAnyResource(resource: string): boolean {
  const url = URL.parse(resource)
  if (url === null || (url.href !== resource && url.href !== `${resource}/`)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
}
