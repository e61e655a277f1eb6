const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Whether `hostname` (as `URL` has it) is one of the three loopback names of RFC 8252 §7.3 and §8.3. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.has(hostname.toLowerCase())
}

/** Whether `uri` is `http` to a loopback host: its port may then differ from the registered one. */
export function isLoopbackRedirect(uri: string): boolean {
  if (!uri.startsWith('http://')) return false
  const url = URL.parse(uri)
  return url !== null && isLoopbackHost(url.hostname)
}

/**
 * Whether `requested` is the registered `registered`. RFC 6749 §3.1.2.3 and RFC 9700 §2.1: compared as
 * strings, character for character; the only exception is the port of a loopback URI (RFC 8252 §7.3).
 */
export function redirectUriMatches(requested: string, registered: string): boolean {
  if (requested === registered) return true
  if (!isLoopbackRedirect(registered) || !isLoopbackRedirect(requested)) return false
  const bare = withoutPort(requested)
  return bare !== undefined && bare === withoutPort(registered)
}

// Works on the text, not on the parsed URL: parsing normalises (dot segments, percent-encoding, case), and
// what is normalised away would no longer be compared. User information ends the match.
function withoutPort(uri: string): string | undefined {
  const match = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?([/?].*)?$/i.exec(uri)
  return match === null ? undefined : `${match[1]?.toLowerCase()} ${match[2] ?? ''}`
}

const FORBIDDEN_SCHEMES = new Set(
  ['javascript', 'data', 'vbscript', 'blob', 'file', 'about', 'view-source', 'ws', 'wss', 'ftp'].map(
    (one) => `${one}:`,
  ),
)

/** Why `uri` may not be registered as a redirect URI, or undefined if it may. `mayUseHttp`: which hosts may have plain http. */
export function redirectUriProblem(
  uri: string,
  mayUseHttp: (hostname: string) => boolean = isLoopbackHost,
): string | undefined {
  const url = URL.parse(uri)
  if (url === null) return 'is not an absolute URI'
  if (uri.includes('#')) return 'has a fragment (RFC 6749 section 3.1.2)'
  if (/[\s\\<>"]/.test(uri) || /[^\x21-\x7E]/.test(uri)) return 'has characters that a URI may not have'
  if (url.username !== '' || url.password !== '') return 'carries user information'
  if (FORBIDDEN_SCHEMES.has(url.protocol)) return `uses the scheme ${url.protocol}`
  // `https:host/path` parses too, but in a Location header a browser reads it relative to our own URL.
  if (/^https?:$/.test(url.protocol) && !/^https?:\/\/[^/?@]+([/?]|$)/i.test(uri))
    return 'is not written scheme://host/path'
  if (url.protocol === 'http:' && !mayUseHttp(url.hostname)) {
    return 'uses http where only loopback hosts may; use https, or see ALLOW_HTTP for a private network'
  }
  // What compares texts, such as the freedom of a loopback's port, knows the lower case that RFC 3986 §3.1 asks for.
  if (!uri.startsWith(url.protocol)) return `has its scheme in upper case; write ${url.protocol}`
  // The wildcard that other servers offer is exactly the open redirector that RFC 9700 §4.1 describes.
  if (uri.includes('*')) return 'has a wildcard; register each URI in full'
  return undefined
}

/** What a person is told about where the browser goes: the host, or the scheme of an app on the device. */
export function redirectHost(uri: string): string {
  const url = new URL(uri)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.host : url.protocol.slice(0, -1)
}
