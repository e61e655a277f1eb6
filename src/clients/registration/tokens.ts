import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'

/** What the client's tokens and its userinfo look like, and how fresh a login they need. */
export function readTokens(
  entry: ClientEntry,
): Pick<
  Client,
  'access_token_format' | 'id_token_signed_response_alg' | 'userinfo_signed_response_alg' | 'default_max_age'
> {
  const { userinfo_signed_response_alg, default_max_age } = entry
  return {
    access_token_format: entry.access_token_format ?? 'opaque',
    id_token_signed_response_alg: entry.id_token_signed_response_alg ?? 'RS256',
    ...(userinfo_signed_response_alg && { userinfo_signed_response_alg }),
    ...(default_max_age !== undefined && { default_max_age }),
  }
}
