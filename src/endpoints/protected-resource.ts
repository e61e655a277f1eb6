import type { FastifyInstance } from 'fastify'
import { STANDARD_SCOPES } from '../protocol/claims.ts'

/** The path of our one resource. */
const USERINFO = '/oauth/userinfo'

/**
 * Where the metadata of a resource of ours is. RFC 9728 §3.1: the well-known part comes in front of the resource's path, as
 * the issuer's does for its own metadata.
 */
export function resourceMetadataUrl(issuer: string, path = ''): string {
  const { origin, pathname } = new URL(issuer + path)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
}

/** The resources that this server is itself: what tokens are for that name no other, and the URL that takes them. */
function ownResources(issuer: string): readonly { resource: string; url: string }[] {
  return ['', USERINFO].map((path) => ({ resource: issuer + path, url: resourceMetadataUrl(issuer, path) }))
}

/** The paths of the documents. */
export function resourceMetadataPaths(issuer: string): readonly string[] {
  return ownResources(issuer).map(({ url }) => new URL(url).pathname)
}

/** `GET /.well-known/oauth-protected-resource…` (RFC 9728): of userinfo, and of the issuer as the audience of its tokens. */
export function registerProtectedResource(app: FastifyInstance, { issuer }: { issuer: string }): void {
  for (const { resource, url } of ownResources(issuer)) {
    // §3.3: `resource` is what the URL was made from, or nobody may use the document.
    const body = JSON.stringify({
      resource,
      authorization_servers: [issuer],
      scopes_supported: STANDARD_SCOPES,
      bearer_methods_supported: ['header', 'body'],
    })
    app.get(new URL(url).pathname, { exposeHeadRoute: true }, async (_request, reply) =>
      reply.type('application/json; charset=utf-8').header('cache-control', 'public, max-age=300').send(body),
    )
  }
}
