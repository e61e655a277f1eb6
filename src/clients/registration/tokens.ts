import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'

/** What the client's tokens and its userinfo look like, and how fresh a login they need. */
export function readTokens(
  entry: ClientEntry,
): Pick<
  Client,
  | 'access_token_format'
  | 'access_token_signed_response_alg'
  | 'access_token_typ'
  | 'id_token_signed_response_alg'
  | 'userinfo_signed_response_alg'
  | 'default_max_age'
> {
  const { userinfo_signed_response_alg, default_max_age } = entry
  return {
    access_token_format: entry.access_token_format ?? 'opaque',
    // RFC 9068 §2.1: RS256 is what every resource server must understand.
    access_token_signed_response_alg: entry.access_token_signed_response_alg ?? 'RS256',
    access_token_typ: entry.access_token_typ ?? 'at+jwt',
    id_token_signed_response_alg: entry.id_token_signed_response_alg ?? 'RS256',
    ...(userinfo_signed_response_alg && { userinfo_signed_response_alg }),
    ...(default_max_age !== undefined && { default_max_age }),
  }
}
