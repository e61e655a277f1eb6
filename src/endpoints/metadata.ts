import type { FastifyInstance } from 'fastify'
import { RESPONSE_MODES } from '../authorization/response.ts'
import type { ClientRegistry } from '../clients/registry.ts'
import type { Usage } from '../clients/usage.ts'
import { GRANT_TYPES, isOffered } from '../grant-types/index.ts'
import { ACR_VALUES } from '../protocol/acr.ts'
import { ASSERTION_ALGORITHMS, type SigningAlgorithm } from '../protocol/algorithms.ts'
import { type ScopeClaims, STANDARD_SCOPES } from '../protocol/claims.ts'
import { PROMPTS } from '../protocol/prompt.ts'
import { RESPONSE_TYPES } from '../protocol/response-type.ts'
import type { Resources } from '../resources/resources.ts'

export interface MetadataContext {
  issuer: string
  /** URL of an endpoint that the instance serves, or undefined if it serves none. */
  url: (method: 'GET' | 'POST', path: string) => string | undefined
  clients: Pick<ClientRegistry, 'usage'>
  signing: { readonly algorithms: readonly SigningAlgorithm[] }
  scopeClaims: ScopeClaims
  resources: Pick<Resources, 'all'>
  /** Absent if no document describes a client here. */
  documents?: unknown
  /** Of the pages. */
  languages: { readonly offered: readonly string[] }
}

/**
 * The document of RFC 8414 §2 and OpenID Connect Discovery 1.0 §3, true by construction: it asks the instance what it
 * serves, and the clients what they use. One for both addresses, so that they cannot differ.
 */
function serverMetadata(
  { issuer, url, signing, scopeClaims, resources, documents, languages }: MetadataContext,
  usage: Usage,
) {
  const known = [...resources.all()].filter((resource) => resource.public)
  const { algorithms } = signing
  const offered = GRANT_TYPES.filter((grantType) => isOffered(grantType, usage))
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']
  return {
    issuer,
    authorization_endpoint: url('GET', '/oauth/authorize'),
    token_endpoint: url('POST', '/oauth/tokenize'),
    introspection_endpoint: url('POST', '/oauth/introspect'),
    revocation_endpoint: url('POST', '/oauth/revoke'),
    userinfo_endpoint: url('GET', '/oauth/userinfo'),
    jwks_uri: url('GET', '/oauth/jwks'),
    registration_endpoint: url('POST', '/oauth/register'),
    end_session_endpoint: url('GET', '/oauth/logout'),
    // Not what single clients may have, which is nobody else's business. Nor offline_access: there are clients that ask for
    // whatever stands here, and their people would be asked for consent each time (Core §11).
    scopes_supported: STANDARD_SCOPES,
    response_types_supported: RESPONSE_TYPES.filter((one) => one === 'code' || usage.response_types.has(one)),
    response_modes_supported: RESPONSE_MODES,
    grant_types_supported: offered.map(({ grant_type }) => grant_type),
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: methods.filter((one) => one !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    code_challenge_methods_supported: usage.plain_pkce ? ['S256', 'plain'] : ['S256'],
    // RFC 9728 §4.
    ...(known.length > 0 && { protected_resources: known.map(({ resource }) => resource) }),
    // draft-ietf-oauth-refresh-token-expiration: what is not said has no end.
    refresh_token_expiration_types_supported: ['authorization', 'token_timeout'],
    // draft-ietf-oauth-client-id-metadata-document §5.3; clients look for `none` above beside it.
    ...(documents !== undefined && { client_id_metadata_document_supported: true }),
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: usage.pairwise ? ['public', 'pairwise'] : ['public'],
    id_token_signing_alg_values_supported: algorithms,
    userinfo_signing_alg_values_supported: algorithms,
    acr_values_supported: ACR_VALUES,
    prompt_values_supported: PROMPTS,
    display_values_supported: ['page'],
    ui_locales_supported: languages.offered,
    claim_types_supported: ['normal'],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'acr',
      'amr',
      'sid',
      ...scopeClaims.names,
    ],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
  }
}

/**
 * Where the document is: RFC 8414 §3.1 puts the well-known part in front of the issuer's path, Discovery §4 behind it;
 * and there are clients that look for each name where the other one belongs (RFC 8414 §5).
 */
export function metadataPaths(issuer: string): readonly string[] {
  const { pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const paths = [
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/openid-configuration`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/oauth-authorization-server`,
  ]
  return [...new Set(paths)]
}

/** Serves the document, as one string that is made once for as long as the clients use the same. */
export function registerMetadata(
  app: FastifyInstance,
  paths: readonly string[],
  context: MetadataContext,
): void {
  let made: { usage: Usage; body: string } | undefined
  for (const path of paths) {
    app.get(path, { exposeHeadRoute: true }, async (_request, reply) => {
      const usage = context.clients.usage()
      if (made?.usage !== usage) made = { usage, body: JSON.stringify(serverMetadata(context, usage)) }
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'public, max-age=300')
        .send(made.body)
    })
  }
}
