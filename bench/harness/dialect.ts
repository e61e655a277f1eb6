/** How a server wants to be asked: the same requests, at its own addresses. */
export interface Dialect {
  token: string
  introspect: string
  authorize: string
  metadata: string
  jwks: string
  /** The parts of the contract that the server does not have: workloads that need them leave it out. */
  lacks: readonly Lack[]
  /** Parameters that the server asks for beside the standard's, at the token endpoint. */
  extra?: Readonly<Record<string, string>>
  /** False for one that answers a fixed body: nothing about it can be chained or checked any further. */
  genuine?: false
}

export type Lack =
  | 'jwt'
  | 'metadata'
  | 'introspect'
  | 'flow'
  | 'login'
  | 'refresh'
  | 'redis'
  | 'workers'
  | 'openid'
  | 'algorithms'
