import type { SigningAlgorithm } from '../protocol/algorithms.ts'
import type { ResponseType } from '../protocol/response-type.ts'
import type { StoredUsage } from '../registry/registry.ts'
import type { Client } from './client.ts'

/** What clients use of the server: what its metadata lists, and what it must have keys for. */
export interface Usage {
  readonly grant_types: ReadonlySet<string>
  readonly response_types: ReadonlySet<ResponseType>
  /** What ID tokens, userinfo and access tokens are signed with. */
  readonly algorithms: ReadonlySet<SigningAlgorithm>
  /** Whether somebody's subjects are pairwise. */
  readonly pairwise: boolean
  /** Whether somebody may use the PKCE method `plain`. */
  readonly plain_pkce: boolean
  /** Seconds: the longest that an access token lives. */
  readonly access_token_ttl: number
}

/** What one client uses. */
export function usageOf(client: Client): Usage {
  const { id_token_signed_response_alg, userinfo_signed_response_alg } = client
  const { access_token_format, access_token_signed_response_alg } = client
  return {
    grant_types: client.grant_types,
    response_types: client.response_types,
    algorithms: new Set([
      id_token_signed_response_alg,
      userinfo_signed_response_alg ?? id_token_signed_response_alg,
      ...(access_token_format === 'jwt' ? [access_token_signed_response_alg] : []),
    ]),
    pairwise: client.sector !== undefined,
    plain_pkce: client.allow_plain_pkce,
    access_token_ttl: client.lifetimes.access_token_ttl,
  }
}

/** What is kept of it in the store. */
export function storedUsage({ grant_types, response_types, algorithms, ...kept }: Usage): StoredUsage {
  return {
    ...kept,
    ...{ grant_types: [...grant_types], response_types: [...response_types], algorithms: [...algorithms] },
  }
}

/** The usage that was kept. */
export function usageFrom({ grant_types, response_types, algorithms, ...kept }: StoredUsage): Usage {
  return {
    ...kept,
    grant_types: new Set(grant_types),
    response_types: new Set(response_types as ResponseType[]),
    algorithms: new Set(algorithms as SigningAlgorithm[]),
  }
}

/** What several use together. */
export function unionOf(usages: readonly Usage[]): Usage {
  return {
    grant_types: new Set(usages.flatMap((usage) => [...usage.grant_types])),
    response_types: new Set(usages.flatMap((usage) => [...usage.response_types])),
    algorithms: new Set(usages.flatMap((usage) => [...usage.algorithms])),
    pairwise: usages.some((usage) => usage.pairwise),
    plain_pkce: usages.some((usage) => usage.plain_pkce),
    access_token_ttl: usages.reduce((longest, usage) => Math.max(longest, usage.access_token_ttl), 0),
  }
}
