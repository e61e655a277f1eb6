/** What every server is registered with: the same clients, secrets, people and scopes. */
export const SCOPE = 'read write'
export const REDIRECT_URI = 'https://app.example/callback'
/** RFC 7636: of `VERIFIER`, by S256. */
export const VERIFIER = 'a-verifier-of-43-characters-or-more-0123456789abc'

export const SECRET = 'a-secret-of-32-random-characters'

/** What an application's ID tokens are signed by. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** A client of the standard's names. */
export interface BenchClient {
  client_id: string
  client_secret: string
}

const client = (client_id: string): BenchClient => ({ client_id, client_secret: SECRET })

export const CLIENTS = {
  /** Of `client_credentials`, with opaque tokens. */
  service: client('service'),
  /** The same, with tokens that are JWTs (RS256). */
  jwt: client('service-jwt'),
  /** An application that people log in to. */
  web: client('web'),
  /** A resource server that introspects the tokens of others. */
  resource: client('resource'),
} as const

/** The application whose ID tokens have this algorithm. */
export const webClient = (algorithm: Algorithm = 'RS256'): BenchClient =>
  algorithm === 'RS256' ? CLIENTS.web : client(`web-${algorithm}`)

export const WEB_CLIENTS = ALGORITHMS.map(webClient)

export const PASSWORD = 'correct horse battery staple'
export const personName = (number: number) => `person-${number}`

export function basic({ client_id, client_secret }: BenchClient): string {
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
}
