/**
 * Whether a host is one of these: each is a host, or `*.` and a domain for all that is below it. `hostname` as `URL` has it: in lower
 * case, and of ASCII alone.
 */
export function isListed(hostname: string, hosts: readonly string[]): boolean {
  return hosts.some((one) => {
    const host = one.toLowerCase()
    return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host
  })
}
