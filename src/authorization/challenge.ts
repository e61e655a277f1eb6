import { isPublic } from '../clients/client.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { CODE_CHALLENGE_METHODS, type CodeChallengeMethod, challengeDigest } from '../protocol/pkce.ts'
import type { Target } from './target.ts'

/** What the code will remember of the request's PKCE challenge (RFC 7636 §4.3). Throws `invalid_request`. */
export function readChallenge({ client }: Target, parameters: Parameters): Buffer | undefined {
  const challenge = parameters.one('code_challenge')
  const text = parameters.one('code_challenge_method')
  if (challenge === undefined) {
    if (text !== undefined)
      throw new OAuthError('invalid_request', 'code_challenge_method needs a code_challenge')
    // RFC 9700 §2.1.1: a MUST for public clients, whose code needs nothing else (RFC 8252 §8.1).
    if (client.require_pkce) {
      const setting = isPublic(client)
        ? 'require_pkce, always on without a client_secret'
        : 'require_pkce: true'
      throw new OAuthError(
        'invalid_request',
        `client ${client.client_id} must use PKCE (${setting}): send code_challenge and code_challenge_method=S256`,
      )
    }
    return undefined
  }
  // RFC 7636 §4.3: no method means plain.
  const method = CODE_CHALLENGE_METHODS.find((one) => one === (text ?? 'plain'))
  const allowed: readonly CodeChallengeMethod[] = client.allow_plain_pkce ? ['S256', 'plain'] : ['S256']
  if (method === undefined || !allowed.includes(method)) {
    throw new OAuthError('invalid_request', `code_challenge_method is ${allowed.join(' or ')}`)
  }
  return challengeDigest(challenge, method)
}
