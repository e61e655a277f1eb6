import { hash } from 'node:crypto'
import { OAuthError } from './errors.ts'

export const CODE_CHALLENGE_METHODS = ['S256', 'plain'] as const
export type CodeChallengeMethod = (typeof CODE_CHALLENGE_METHODS)[number]

// RFC 7636 §4.1, §4.2: 43 to 128 unreserved characters; an S256 challenge is 32 bytes in base64url.
const UNRESERVED = /^[A-Za-z0-9\-._~]{43,128}$/
const S256 = /^[A-Za-z0-9\-_]{42}[AEIMQUYcgkosw048]$/

/**
 * What a code remembers of a challenge: 32 bytes that SHA-256 of the right verifier equals. For S256 that is
 * the challenge itself; a `plain` challenge is the verifier, so its digest is kept and one check serves both.
 * Throws `invalid_request` for a wrong length or alphabet.
 */
export function challengeDigest(challenge: string, method: CodeChallengeMethod): Buffer {
  if (method === 'S256') {
    if (!S256.test(challenge)) {
      throw new OAuthError(
        'invalid_request',
        'code_challenge for S256 is the base64url SHA-256 of the verifier: 43 characters without padding',
      )
    }
    return Buffer.from(challenge, 'base64url')
  }
  if (!UNRESERVED.test(challenge)) {
    throw new OAuthError('invalid_request', 'code_challenge is 43 to 128 characters of A-Z a-z 0-9 - . _ ~')
  }
  return hash('sha256', challenge, 'buffer')
}

/** Parses an untrusted `code_verifier` and returns its SHA-256. Throws `invalid_request` (RFC 7636 §4.1). */
export function verifierDigest(verifier: string): Buffer {
  if (!UNRESERVED.test(verifier)) {
    throw new OAuthError('invalid_request', 'code_verifier is 43 to 128 characters of A-Z a-z 0-9 - . _ ~')
  }
  return hash('sha256', verifier, 'buffer')
}
