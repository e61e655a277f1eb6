/** oidc-provider as its documentation sets it up, with the clients, people and log lines that every server has here. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import Provider from 'oidc-provider'
import {
  ALGORITHMS,
  type Algorithm,
  CLIENTS,
  REDIRECT_URI,
  SCOPE,
  webClient,
} from '../harness/registration.ts'
import { openLog, settings } from '../servers/server.ts'
import { adapterOf } from './oidc-adapters.ts'
import { answerInteraction } from './oidc-interaction.ts'
import { isPerson } from './pages.ts'

const { port, redisUrl } = settings()
const issuer = `http://localhost:${port}`
const API = 'urn:api'
const log = openLog()

const service = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: SCOPE }

const provider = new Provider(issuer, {
  adapter: await adapterOf(redisUrl),
  clients: [
    { ...CLIENTS.service, ...service },
    { ...CLIENTS.jwt, ...service },
    { ...CLIENTS.resource, ...service },
    ...ALGORITHMS.map((algorithm) => ({
      ...webClient(algorithm),
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: `openid ${SCOPE}`,
      id_token_signed_response_alg: algorithm,
    })),
  ],
  // biome-ignore lint/suspicious/noExplicitAny: the library is not there when this is checked
  findAccount: async (_context: any, sub: string) =>
    isPerson(sub) ? { accountId: sub, claims: async () => ({ sub }) } : undefined,
  scopes: ['openid', ...SCOPE.split(' ')],
  cookies: { keys: [randomBytes(32).toString('base64')] },
  jwks: { keys: ALGORITHMS.map(privateJwk) },
  enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  ttl: {
    AccessToken: 300,
    ClientCredentials: 300,
    AuthorizationCode: 60,
    RefreshToken: 1_209_600,
    Session: 43_200,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_context: unknown, client: { clientId: string }) =>
        client.clientId === CLIENTS.jwt.client_id ? API : undefined,
      getResourceServerInfo: async () => ({
        scope: SCOPE,
        audience: API,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
})

function privateJwk(alg: Algorithm) {
  const pair =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg }
}

let count = 0

// biome-ignore lint/suspicious/noExplicitAny: the context of a library that is not there when this is checked
provider.use(async (context: any, next: () => Promise<void>) => {
  const begun = performance.now()
  context.requestId = (++count).toString(36)
  if (context.path.startsWith('/interaction/')) await answerInteraction(provider, context, log)
  else await next()
  const ms = Math.round((performance.now() - begun) * 10) / 10
  const { requestId: req, method, status, ip } = context
  const route = context.oidc?.route ?? 'none'
  log.info({ req, method, route, status, ms, ip }, 'request')
})

// The lines of security events that Postern writes.
// biome-ignore lint/suspicious/noExplicitAny: as above
provider.on('grant.success', ({ requestId: req, oidc }: any) => {
  const { client, params } = oidc
  log.info(
    { req, event: 'token_issued', client_id: client.clientId, grant_type: params.grant_type, scope: SCOPE },
    'token_issued',
  )
})
// biome-ignore lint/suspicious/noExplicitAny: as above
provider.on('authorization.success', ({ requestId: req, oidc }: any) => {
  const { client, session } = oidc
  log.info({ req, event: 'code_issued', client_id: client.clientId, sub: session.accountId }, 'code_issued')
})

provider.listen(port, '127.0.0.1')
