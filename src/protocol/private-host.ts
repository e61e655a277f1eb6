import { BlockList, isIP } from 'node:net'
import { isLoopbackHost } from './redirect-uri.ts'

// RFC 1918, RFC 6598 (shared between a provider and its customers; overlay networks use it), RFC 3927, RFC 1122.
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
]
// RFC 4193, RFC 4291 §2.5.6.
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['fc00::', 7],
  ['fe80::', 10],
]

const addresses = new BlockList()
for (const [network, bits] of PRIVATE_V4) addresses.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of PRIVATE_V6) addresses.addSubnet(network, bits, 'ipv6')
addresses.addAddress('::1', 'ipv6')

// RFC 6761, RFC 6762, RFC 8375, the reserved .internal, and what routers call their network.
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|lan|internal|home\.arpa|test)$/

/**
 * Whether `hostname` (as `URL` has it) means something of one's own network by the look of it: a private address, a name of
 * one label, or a name under a domain that nobody can register. Nothing is resolved: who answers for a name can change.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version > 0) return addresses.check(host, version === 4 ? 'ipv4' : 'ipv6')
  const name = host.replace(/\.$/, '')
  return isLoopbackHost(name) || (host !== '' && !host.includes('.')) || PRIVATE_NAME.test(name)
}

/** Whether a URL is plain http to another host than this machine: what `ALLOW_HTTP` is for. */
export function isPlainRemote(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'http:' && !isLoopbackHost(url.hostname)
}
