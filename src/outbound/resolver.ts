import { lookup } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'
import type { Lookup } from './outbound.ts'

/**
 * Finds the addresses of hosts that strangers name, by DNS alone. `lookup` of Node would do it on the threads of the process, which
 * hash passwords: a few names whose servers never answer would keep them busy.
 */
export function strangersLookup(): Lookup {
  // Milliseconds; a request as a whole ends after five seconds.
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  const find = async (hostname: string) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const found = [
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ]
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  }
  const apart = (hostname: string, options: object, done: (...answer: unknown[]) => void) => {
    if (isLoopbackHost(hostname)) return lookup(hostname, options, done as never)
    return find(hostname).then(
      (found) => done(null, found),
      (error) => done(error),
    )
  }
  return apart as unknown as Lookup
}
