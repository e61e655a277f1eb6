import { hash, timingSafeEqual } from 'node:crypto'
import { type BenchClient, CLIENTS, REDIRECT_URI } from '../harness/registration.ts'
import { ALL_CLIENTS } from '../servers/server.ts'

interface Client {
  id: string
  grants: string[]
  redirectUris: string[]
}

interface User {
  username: string
}

interface Token {
  accessToken: string
  accessTokenExpiresAt: Date
  refreshToken?: string
  refreshTokenExpiresAt?: Date
  scope?: string[]
  client: Client
  user: User
}

interface Code {
  authorizationCode: string
  expiresAt: Date
  redirectUri: string
  client: Client
  user: User
}

const digest = (secret: string) => hash('sha256', secret, 'buffer')

const clients = new Map(
  ALL_CLIENTS.map((one: BenchClient) => {
    const grants = one === CLIENTS.web ? ['authorization_code', 'refresh_token'] : ['client_credentials']
    const client: Client = { id: one.client_id, grants, redirectUris: [REDIRECT_URI] }
    return [one.client_id, { client, secret: digest(one.client_secret) }]
  }),
)
const accessTokens = new Map<string, Token>()
const refreshTokens = new Map<string, Token>()
const codes = new Map<string, Code>()

function verified(id: string, secret: string): Client | undefined {
  const known = clients.get(id)
  return known && timingSafeEqual(digest(secret), known.secret) ? known.client : undefined
}

/** The client that HTTP Basic names, if the secret is its own. */
export function clientOf(authorization = ''): Client | undefined {
  const [id = '', secret = ''] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
  return verified(id, secret)
}

/** What the library asks of a store. Tokens are kept as they are, and nothing clears those that have expired. */
export const model = {
  // The authorization endpoint asks for a client without its secret.
  async getClient(id: string, secret: string | null): Promise<Client | undefined> {
    return secret === null ? clients.get(id)?.client : verified(id, secret)
  },
  async getUserFromClient({ id }: Client): Promise<User> {
    return { username: id }
  },
  async validateScope(_user: User, _client: Client, scope: string[] | undefined): Promise<string[]> {
    return scope ?? []
  },
  async saveToken(token: Token, client: Client, user: User): Promise<Token> {
    const kept = { ...token, client, user }
    accessTokens.set(kept.accessToken, kept)
    if (kept.refreshToken !== undefined) refreshTokens.set(kept.refreshToken, kept)
    return kept
  },
  async getAccessToken(text: string): Promise<Token | undefined> {
    return accessTokens.get(text)
  },
  async getRefreshToken(text: string): Promise<Token | undefined> {
    return refreshTokens.get(text)
  },
  async revokeToken({ refreshToken = '' }: Token): Promise<boolean> {
    return refreshTokens.delete(refreshToken)
  },
  async saveAuthorizationCode(
    code: Omit<Code, 'client' | 'user'>,
    client: Client,
    user: User,
  ): Promise<Code> {
    const kept = { ...code, client, user }
    codes.set(kept.authorizationCode, kept)
    return kept
  },
  async getAuthorizationCode(text: string): Promise<Code | undefined> {
    return codes.get(text)
  },
  async revokeAuthorizationCode({ authorizationCode }: Code): Promise<boolean> {
    return codes.delete(authorizationCode)
  },
}
