import type { FastifyInstance } from 'fastify'
import { RESPONSE_MODES } from '../authorization/response.ts'
import type { AnyGrantType } from '../grant-types/grant-type.ts'
import { scopeTokens } from '../protocol/scope.ts'

/** What is registered here: the document lists this and nothing else. */
export interface Registered {
  issuer: string
  /** URL of an endpoint that the instance serves, or undefined where it serves none. */
  url: (method: 'GET' | 'POST', path: string) => string | undefined
  grantTypes: readonly AnyGrantType[]
  /** The scopes that some client may ask for. */
  scopes: readonly string[]
}

/** The document of RFC 8414 §2, true by construction: it asks the instance what it serves. */
export function authorizationServerMetadata({ issuer, url, grantTypes, scopes }: Registered) {
  const methods = ['client_secret_basic', 'client_secret_post', 'none']
  return {
    issuer,
    authorization_endpoint: url('GET', '/oauth/authorize'),
    token_endpoint: url('POST', '/oauth/tokenize'),
    introspection_endpoint: url('POST', '/oauth/introspect'),
    revocation_endpoint: url('POST', '/oauth/revoke'),
    scopes_supported: [...new Set(scopes.flatMap(scopeTokens))].sort(),
    response_types_supported: ['code'],
    response_modes_supported: RESPONSE_MODES,
    grant_types_supported: grantTypes.map((one) => one.grant_type),
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods.filter((one) => one !== 'none'),
    revocation_endpoint_auth_methods_supported: methods,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

/** Where RFC 8414 §3.1 puts the document: the well-known part goes in front of the issuer's path. */
export function metadataPath(issuer: string): string {
  const { pathname } = new URL(issuer)
  return `/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
}

/** Serves the document, as one string that is made once. */
export function registerMetadata(app: FastifyInstance, path: string, registered: () => Registered): void {
  let body: string | undefined
  app.get(path, async (_request, reply) => {
    body ??= JSON.stringify(authorizationServerMetadata(registered()))
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'public, max-age=300')
      .send(body)
  })
}
