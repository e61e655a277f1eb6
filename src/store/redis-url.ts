/** Where Redis is, as `REDIS_URL` says. */
export interface RedisAddress {
  /** Several hosts are a Redis Cluster; with `redis+sentinel:` they are the sentinels. */
  topology: 'single' | 'cluster' | 'sentinel'
  tls: boolean
  hosts: readonly { host: string; port: number }[]
  username?: string
  password?: string
  database: number
  /** The name that the sentinels know the primary by. */
  primary?: string
}

const FORM = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/

/**
 * Reads `redis://user:password@host:port/database`, with `rediss:` for TLS, with several hosts for a cluster, and
 * `redis+sentinel://host:port,…/primary/database`. Returns undefined for anything else. User and
 * password are percent-decoded.
 */
export function readRedisUrl(text: string): RedisAddress | undefined {
  const [, scheme, sentinel, userinfo, authority = '', path = ''] = FORM.exec(text) ?? []
  if (scheme === undefined) return undefined
  const hosts = authority.split(',').map((one) => readHost(one, sentinel ? 26_379 : 6379))
  const credentials = readCredentials(userinfo)
  const [primary, database] = sentinel ? splitPath(path) : [undefined, path]
  if (!hosts.every((one) => one !== undefined) || credentials === undefined) return undefined
  if (!/^\d{0,4}$/.test(database) || primary === '') return undefined
  const topology = sentinel ? 'sentinel' : hosts.length > 1 ? 'cluster' : 'single'
  // A cluster has one database.
  if (topology === 'cluster' && Number(database) !== 0) return undefined
  return {
    topology,
    tls: scheme === 'rediss',
    hosts,
    ...credentials,
    database: Number(database),
    ...(primary && { primary }),
  }
}

function readHost(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const url = URL.parse(`redis://${text}`)
  if (url === null || url.hostname === '' || url.username !== '') return undefined
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || defaultPort }
}

function readCredentials(userinfo: string | undefined): { username?: string; password?: string } | undefined {
  if (!userinfo) return {}
  const colon = userinfo.indexOf(':')
  try {
    const username = decodeURIComponent(colon < 0 ? userinfo : userinfo.slice(0, colon))
    const password = colon < 0 ? '' : decodeURIComponent(userinfo.slice(colon + 1))
    return { ...(username && { username }), ...(password && { password }) }
  } catch {
    return undefined
  }
}

function splitPath(path: string): [string, string] {
  const [primary = '', database = '', ...more] = path.split('/')
  return more.length > 0 ? ['', ''] : [primary, database]
}
