import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ERRORS, type ErrorCode, OAuthError } from '../../src/protocol/errors.ts'

describe('OAuthError: RFC 6749 section 5.2', () => {
  test('error_description MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E', () => {
    for (let code = 0; code < 0x300; code++) {
      const character = String.fromCharCode(code)
      const allowed =
        code === 0x20 || code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
      const { message } = new OAuthError('invalid_request', `a${character}b`)
      assert.equal(message, allowed ? `a${character}b` : 'a?b', `character ${code}`)
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.match(new OAuthError('invalid_request', text).message, /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
      }),
    )
  })

  test('each code has its status; one error may have another', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      assert.equal(new OAuthError(code, 'x').status, ERRORS[code])
      assert.equal(new OAuthError(code, 'x').error, code)
    }
    assert.equal(ERRORS.invalid_client, 401)
    assert.equal(ERRORS.invalid_grant, 400)
    assert.equal(ERRORS.temporarily_unavailable, 503)
    const throttled = new OAuthError('temporarily_unavailable', 'x', { status: 429, retryAfter: 5 })
    assert.equal(throttled.status, 429)
    assert.equal(throttled.retryAfter, 5)
  })

  test('the detail and the cause are kept apart from what is sent', () => {
    const cause = new Error('inner')
    const error = new OAuthError('invalid_request', 'sent', { detail: 'logged "only"', cause })
    assert.equal(error.message, 'sent')
    assert.equal(error.detail, 'logged "only"')
    assert.equal(error.cause, cause)
    assert.ok(error instanceof Error)
  })

  test('making one leaves the stacks of other errors as they were', () => {
    const limit = Error.stackTraceLimit
    assert.ok(limit > 0)
    new OAuthError('invalid_request', 'x')
    assert.equal(Error.stackTraceLimit, limit)
    assert.match(new Error('x').stack ?? '', /errors\.test/)
  })
})
