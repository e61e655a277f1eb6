import { hash, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { oauthProvider } from '@better-auth/oauth-provider'
import bcrypt from 'bcrypt'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { jwt } from 'better-auth/plugins'
import { type BenchClient, CLIENTS, personName, REDIRECT_URI, SCOPE } from '../harness/registration.ts'
import { settings } from '../servers/server.ts'

const { port, people, passwordHash } = settings()
const origin = `http://localhost:${port}`
const FLOW_SCOPES = ['openid', 'offline_access', ...SCOPE.split(' ')]

const options = {
  baseURL: origin,
  secret: randomBytes(32).toString('base64'),
  database: new DatabaseSync(':memory:'),
  logger: { level: 'error' },
  telemetry: { enabled: false },
  // It would answer 429 to all but a few requests of one address.
  rateLimit: { enabled: false },
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password: string) => bcrypt.hash(password, 4),
      verify: (given: { hash: string; password: string }) => bcrypt.compare(given.password, given.hash),
    },
  },
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'RS256' } }, disableSettingJwtHeader: true }),
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      scopes: FLOW_SCOPES,
      accessTokenExpiresIn: 300,
      m2mAccessTokenExpiresIn: 300,
      codeExpiresIn: 60,
      resources: [`${origin}/api`],
      enforcePerClientResources: false,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
}

await (await getMigrations(options)).runMigrations()

/** The instance, with its tables, clients and people. */
export const auth = betterAuth(options)

const { adapter, internalAdapter } = await auth.$context
await register(CLIENTS.web, ['authorization_code', 'refresh_token'])
for (const client of [CLIENTS.service, CLIENTS.jwt, CLIENTS.resource])
  await register(client, ['client_credentials'])
for (let index = 0; index < people; index++) await enrol(personName(index))

// What its administrator's endpoint would write, whose ids and secrets nobody can choose.
async function register({ client_id, client_secret }: BenchClient, grantTypes: string[]): Promise<void> {
  const service = grantTypes.includes('client_credentials')
  await adapter.create({
    model: 'oauthClient',
    data: {
      clientId: client_id,
      clientSecret: hash('sha256', client_secret, 'base64url'),
      name: 'An application',
      scopes: FLOW_SCOPES,
      clientCredentialsScopes: service ? SCOPE.split(' ') : [],
      redirectUris: [REDIRECT_URI],
      grantTypes,
      responseTypes: service ? [] : ['code'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      requirePKCE: true,
      disabled: false,
      skipConsent: false,
      createdAt: new Date(),
      updatedAt: new Date(),
    },
  })
}

async function enrol(name: string): Promise<void> {
  const user = await internalAdapter.createUser({ email: `${name}@bench.example`, name, emailVerified: true })
  await internalAdapter.linkAccount({
    userId: user.id,
    providerId: 'credential',
    accountId: user.id,
    password: passwordHash,
  })
}
