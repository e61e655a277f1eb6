import type { Environment } from '../config/environment.ts'
import { isPrivateHost } from '../protocol/private-host.ts'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'
import type { Lifetimes } from './client.ts'
import type { GrantTypeTraits } from './grant-type-traits.ts'
import type { GivenSecret } from './registration/authentication.ts'
import { type ClientSecret, digestedSecret, type HashedSecrets, plainSecret } from './secret.ts'

/** What the server can do for its clients, and what they have if they say nothing. */
export interface Rules {
  readonly lifetimes: Lifetimes
  /** Whether there is something to derive pairwise subjects from. */
  readonly pairwise: boolean
  /** Whether requests to the URLs of clients may use plain http. */
  readonly plainHttp: boolean
  /** The scopes that clients may have which introduced themselves, now. */
  readonly publicScopes: readonly string[]
  /** Whether a scope of the file asks for a claim of this name. */
  isOwnClaim(name: string): boolean
  /** Whether browsers may be sent to this host by plain http. */
  mayUseHttp(hostname: string): boolean
  /** Every grant type that there is. */
  readonly grantTypes: readonly GrantTypeTraits[]
  /** The name of the person who has this `sub`, or undefined. */
  usernameOf(sub: string): string | undefined
  /** Whether this is the identifier of a resource, but for capitals and a slash at the end. */
  isResource(client_id: string): boolean
  /** Seconds. */
  now(): number
  /** Something to verify a secret with, in clear or hashed; undefined if there is none. */
  secretOf(given: Omit<GivenSecret, 'name'>): ClientSecret | undefined
}

/** The rules of this environment. `hashed` makes the secrets that are hashes. */
export function rulesOf(
  env: Environment,
  {
    hashed,
    ...known
  }: { hashed: HashedSecrets } & Pick<
    Rules,
    'grantTypes' | 'usernameOf' | 'isResource' | 'isOwnClaim' | 'publicScopes' | 'now'
  >,
): Rules {
  return {
    ...known,
    lifetimes: {
      access_token_ttl: env.ACCESS_TOKEN_TTL,
      refresh_token_ttl: env.REFRESH_TOKEN_TTL,
      authorization_code_ttl: env.AUTHORIZATION_CODE_TTL,
      refresh_token_grace: env.REFRESH_TOKEN_GRACE,
      grant_max_ttl: env.GRANT_MAX_TTL,
    },
    pairwise: env.PAIRWISE_SALT !== '',
    mayUseHttp: env.ALLOW_HTTP === 'true' ? isPrivateHost : isLoopbackHost,
    plainHttp: env.ALLOW_PRIVATE_ADDRESSES === 'true',
    secretOf: ({ client_secret, client_secret_hash, client_secret_digest }) => {
      if (client_secret) return plainSecret(client_secret)
      if (client_secret_digest) return digestedSecret(client_secret_digest)
      return client_secret_hash ? hashed.of(client_secret_hash) : undefined
    },
  }
}
