import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'

/**
 * Whom an address is counted as. One household or host has a whole /64 of IPv6 addresses, and an IPv4 address that is wrapped
 * in IPv6 is that IPv4 address: however an address is spelled, it has one counter. Some proxies write the port behind it.
 * Everything that is no address counts as one network, so that it cannot be a way round the counter.
 */
export function network(forwarded: string): string {
  const [, bracketed, bare] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(forwarded) ?? []
  const address = bracketed ?? bare ?? forwarded
  if (!isIPv6(address)) return isIP(address) > 0 ? address : 'unknown'
  // RFC 5952: lower case, no leading zeros, no zone, the longest run of zeros as "::", IPv4 in dots.
  const { address: canonical } = new SocketAddress({ address, family: 'ipv6' })
  const mapped = canonical.replace(/^::ffff:/, '')
  if (isIPv4(mapped)) return mapped
  const [head = '', tail] = canonical.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...new Array(zeros).fill('0'), ...right].slice(0, 4).join(':')
}
