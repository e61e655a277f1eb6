/** Finds the route that a request is for. `url`: a path of this server, with its query. Returns it as the routes have it. */
export type RoutePath = (url: string) => string

/**
 * Routes have the path of the issuer in front (`/auth/oauth/authorize`), as browsers see them. Some proxies take it off
 * before they pass a request on: it is put back, unless the address is a route as it stands.
 */
export function routePath(base: string, routes: ReadonlyMap<string, unknown>): RoutePath {
  if (base === '') return (url) => url
  return (url) => {
    const [path = ''] = url.split('?', 1)
    return !routes.has(path) && routes.has(base + path) ? base + url : url
  }
}
