import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import { OAuthError } from '../../src/protocol/errors.ts'
import { challengeDigest, verifierDigest } from '../../src/protocol/pkce.ts'

// RFC 7636 Appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const DIGEST = [
  19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241, 68, 86,
  110, 225, 137, 74, 203, 112, 249, 195,
]

function refused(call: () => unknown): void {
  assert.throws(call, (error) => error instanceof OAuthError && error.error === 'invalid_request')
}

describe('PKCE: RFC 7636', () => {
  test('Appendix B: the verifier and the S256 challenge meet in the same 32 bytes', () => {
    assert.deepEqual([...verifierDigest(VERIFIER)], DIGEST)
    assert.deepEqual([...challengeDigest(CHALLENGE, 'S256')], DIGEST)
  })

  test('section 4.6: another verifier does not meet the challenge', () => {
    assert.notDeepEqual(verifierDigest(`${VERIFIER.slice(0, -1)}l`), challengeDigest(CHALLENGE, 'S256'))
  })

  test('plain: the challenge is the verifier', () => {
    assert.deepEqual(challengeDigest(VERIFIER, 'plain'), verifierDigest(VERIFIER))
    // The same text as challenge means another thing under each method.
    assert.notDeepEqual(challengeDigest(CHALLENGE, 'plain'), challengeDigest(CHALLENGE, 'S256'))
  })

  test('an S256 challenge sent as verifier does not meet itself', () => {
    assert.notDeepEqual(verifierDigest(CHALLENGE), challengeDigest(CHALLENGE, 'S256'))
  })

  test('section 4.1: 43 to 128 unreserved characters', () => {
    for (const verifier of ['a'.repeat(43), 'a'.repeat(128), `-._~${'Z9'.repeat(20)}`]) {
      assert.deepEqual(verifierDigest(verifier), hash('sha256', verifier, 'buffer'))
      assert.deepEqual(challengeDigest(verifier, 'plain'), hash('sha256', verifier, 'buffer'))
    }
    const long = 'a'.repeat(43)
    const wrong = [
      '',
      'a'.repeat(42),
      'a'.repeat(129),
      `${long}+`,
      `${long}=`,
      `${long} `,
      `${long}\n`,
      `é${long}`,
    ]
    for (const verifier of wrong) {
      refused(() => verifierDigest(verifier))
      refused(() => challengeDigest(verifier, 'plain'))
    }
  })

  test('section 4.2: an S256 challenge is 43 characters of base64url, canonical, without padding', () => {
    const cut = CHALLENGE.slice(0, -1)
    const wrong = [
      cut,
      `${CHALLENGE}=`,
      `${CHALLENGE}A`,
      `${cut}N`,
      `${cut}+`,
      `${CHALLENGE}\n`,
      `.${cut}`,
      '',
    ]
    for (const challenge of wrong) refused(() => challengeDigest(challenge, 'S256'))
  })

  test('every SHA-256 is a challenge', () => {
    for (let n = 0; n < 300; n++) {
      const digest = hash('sha256', `${n}`, 'buffer')
      assert.deepEqual(challengeDigest(digest.toString('base64url'), 'S256'), digest)
    }
  })
})
