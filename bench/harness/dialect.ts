/** How a server wants to be asked: the same requests, at its own addresses. */
export interface Dialect {
  token: string
  introspect: string
  authorize: string
  metadata: string
  jwks: string
  /** The parts of the contract that the server does not have: workloads that need them leave it out. */
  lacks: readonly Lack[]
  /** The scope without which there is no refresh token, if there is one. */
  offline?: string
  /** The path of the resource that a client must name for its token to be a JWT (RFC 8707), if it must. */
  resource?: string
  /** Whether only the client of a token may introspect it. */
  ownTokensOnly?: true
  /** False for one that answers a fixed body: nothing about it can be chained or checked any further. */
  genuine?: false
}

export type Lack =
  | 'opaque'
  | 'jwt'
  | 'metadata'
  | 'introspect'
  | 'flow'
  | 'login'
  | 'refresh'
  | 'redis'
  | 'sqlite'
  | 'workers'
  | 'openid'
  | 'algorithms'
