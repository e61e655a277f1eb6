import type { CookieSerializeOptions } from '@fastify/cookie'

/** One of our cookies: its name and its attributes. */
export interface Cookie {
  name: string
  options: CookieSerializeOptions
}

/** Our cookies, as the issuer's URL demands. */
export interface Cookies {
  /** The handle of the login. Goes to the issuer's path alone: neighbours on a shared host never receive it. */
  session: Cookie
  /** The browser's anonymous id. Useless alone, so it may go to the whole host, as its name demands. */
  browser: Cookie
  /** The accounts that the browser is known for. */
  device: Cookie
  /** The language that was chosen for the pages. */
  language: Cookie
}

const YEAR = 365 * 86_400

/**
 * `__Host-` on https: no sibling domain can plant one (RFC 6265bis §4.1.3). It demands the whole host as path, so an
 * issuer with a path has only `__Secure-` for what must not go further: a sibling can plant that, and a longer path even
 * puts it in front, but it cannot plant the browser's id, which the session is bound to. On plain http, on loopback or in a
 * private network, the port is in the name: browsers share the cookies of all ports of a host, and a second server on the machine must not
 * log people out of the first. So is the path in the name of what goes to the whole host.
 */
export function cookiesOf(issuer: URL): Cookies {
  const secure = issuer.protocol === 'https:'
  const { pathname: path } = issuer
  const atRoot = path === '/'
  const options = { path, secure, httpOnly: true, sameSite: 'lax' } as const
  const name = (what: string, host: boolean) => {
    if (!secure) return `postern_${what}_${issuer.port || '80'}`
    return `${host ? '__Host' : '__Secure'}-postern_${what}`
  }
  const whole = atRoot ? '' : path.replace(/[^\w.~-]/g, '!')
  return {
    session: { name: name('session', atRoot), options },
    browser: { name: name('browser', true) + whole, options: { ...options, path: '/', maxAge: YEAR } },
    device: { name: name('device', atRoot), options: { ...options, maxAge: YEAR } },
    language: { name: name('language', atRoot), options: { ...options, maxAge: YEAR } },
  }
}

/**
 * Every value of a cookie in a request's `Cookie` header, in the browser's order: longer paths first (RFC 6265 §5.4). A
 * parser that returns one of a name lets whoever planted another decide which.
 */
export function valuesOf(header: string | undefined, name: string): string[] {
  const start = `${name}=`
  const values: string[] = []
  for (const pair of (header ?? '').split(';')) {
    const trimmed = pair.trim()
    if (trimmed.startsWith(start)) values.push(trimmed.slice(start.length))
  }
  return values
}
