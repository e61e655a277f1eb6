import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readBearerCredentials } from '../../src/protocol/bearer-credentials.ts'

describe('RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token', () => {
  test('one or more spaces, the scheme in any case', () => {
    for (const header of ['Bearer at_x', 'bearer at_x', 'BEARER at_x', 'bEaReR  at_x', 'Bearer        at_x'])
      assert.equal(readBearerCredentials(header), 'at_x', header)
    assert.equal(readBearerCredentials('Bearer aZ09-._~+/=='), 'aZ09-._~+/==')
  })

  test('another scheme, and none, have no token; neither has the scheme alone', () => {
    for (const header of ['', 'Basic eDp5', 'Bearerx at', 'DPoP at_x', 'Bearer', 'bearer ', 'Bearer  '])
      assert.equal(readBearerCredentials(header), undefined, header)
  })

  test('anything but one token is malformed', () => {
    for (const header of [
      'Bearer at_x x',
      'Bearer at_x at_x',
      'Bearer at_x, Bearer at_x',
      'Bearer at_x,',
      'Bearer "at_x"',
      'Bearer\tat_x',
      'Bearer \tat_x',
      'Bearer =',
      'Bearer a=b',
      'Bearer é',
      'Bearer token="at_x"',
    ])
      assert.throws(() => readBearerCredentials(header), { error: 'invalid_request' }, header)
  })

  test('a header of any length is read in one go', () => {
    for (const header of [`Bearer${' '.repeat(60_000)}`, `Bearer ${'a'.repeat(60_000)}`])
      readBearerCredentials(header)
    for (const header of [
      `Bearer${' '.repeat(60_000)},`,
      `Bearer ${'a='.repeat(30_000)}`,
      `Bearer a${' '.repeat(60_000)}b`,
    ])
      assert.throws(() => readBearerCredentials(header))
  })
})
