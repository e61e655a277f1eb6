import type { CookieSerializeOptions } from '@fastify/cookie'

/** Names and attributes of our cookies, as the issuer's URL demands. */
export interface Cookies {
  session: string
  browser: string
  device: string
  options: CookieSerializeOptions
}

const YEAR = 365 * 86_400

/**
 * `__Host-` on https: no sibling domain can plant one (RFC 6265bis §4.1.3). Where the issuer has a path,
 * `__Secure-` and that path. On plain http, which is loopback, the port is in the name: browsers share the
 * cookies of all ports of a host, and a second server on the machine must not log people out of the first.
 */
export function cookiesOf(issuer: URL): Cookies {
  const secure = issuer.protocol === 'https:'
  const path = issuer.pathname
  const name = (what: string) => {
    if (!secure) return `postern_${what}_${issuer.port || '80'}`
    return path === '/' ? `__Host-postern_${what}` : `__Secure-postern_${what}`
  }
  return {
    session: name('session'),
    browser: name('browser'),
    device: name('device'),
    options: { path, secure, httpOnly: true, sameSite: 'lax' },
  }
}

/** For the cookies that outlive a login. */
export function longLived(cookies: Cookies): CookieSerializeOptions {
  return { ...cookies.options, maxAge: YEAR }
}
