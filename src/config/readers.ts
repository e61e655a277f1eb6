import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { isPrivateHost } from '../protocol/private-host.ts'

/** An issuer, in the one spelling that it has. */
export function readIssuer(value: string): string | undefined {
  // Clients compare the issuer byte for byte (RFC 8414 §3.3): only the spelling that URLs print themselves.
  return canonicalIssuer(value) === value ? value : undefined
}

/** The spelling of an issuer that clients would print; undefined if no spelling of it is one. */
export function canonicalIssuer(value: string): string | undefined {
  const url = URL.parse(value)
  if (url === null || /[?#]/.test(value) || url.username !== '' || url.password !== '') return undefined
  // Whether a private host may have http is another variable's to say.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isPrivateHost(url.hostname)))
    return undefined
  const path = url.pathname.replace(/\/$/, '')
  // RFC 3986 §2.3, unreserved characters: others are patterns to the router (`:` `*` `;`), or have two spellings (`%2f`).
  return /^(\/[\w.~-]+)*$/.test(path) ? url.origin + path : undefined
}

/** A number of processes. */
export function readWorkers(value: string): number | undefined {
  if (value === 'auto') return availableParallelism()
  const workers = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN
  return workers >= 1 && workers <= 128 ? workers : undefined
}

/** Keys, each of them different and not to be guessed. */
export function readSecretKeys(value: string): readonly string[] | undefined {
  const keys = list(value)
  const strong = keys.every((key) => key.length >= 43 && new Set(key).size >= 12 && !isRepetitive(key))
  return keys.length > 0 && strong && new Set(keys).size === keys.length ? keys : undefined
}

/** Whether a text repeats itself: in random text at least 75 % of the four-character pieces are distinct. */
export function isRepetitive(text: string): boolean {
  const pieces = Array.from({ length: Math.max(0, text.length - 3) }, (_, at) => text.slice(at, at + 4))
  return new Set(pieces).size < 0.75 * pieces.length
}

/** Addresses of proxies, as `proxy-addr` takes them. */
export function readTrustProxy(value: string): readonly string[] | undefined {
  const proxies = list(value)
  const known = proxies.every((one) => {
    if (['loopback', 'linklocal', 'uniquelocal'].includes(one)) return true
    const [address = '', bits, ...more] = one.split('/')
    const version = isIP(address)
    if (version === 0 || more.length > 0) return false
    if (bits === undefined) return true
    // Never 0, nor the IPv4 part of IPv6, whose bits are others: that would believe everybody.
    if (/^::ffff:/i.test(address)) return false
    return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128)
  })
  return known ? proxies : undefined
}

/** Host names, in lower case. */
export function readHosts(value: string): readonly string[] | undefined {
  const hosts = list(value).map((host) => host.toLowerCase())
  return hosts.every((host) => /^[a-z0-9_.-]+$/.test(host)) ? hosts : undefined
}

function list(value: string): string[] {
  return value
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
