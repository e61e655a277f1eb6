import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readBasicCredentials } from '../../src/protocol/basic-credentials.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { runs } from '../support/runs.ts'

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

/** RFC 6749 Appendix B: application/x-www-form-urlencoded. */
function formEncode(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2)
}

function pair(client_id: string, client_secret: string) {
  return { client_id, client_secret }
}

describe('Basic credentials: RFC 6749 section 2.3.1', () => {
  test('plain halves have one reading', () => {
    assert.deepEqual(readBasicCredentials(basic('app:secret')), [pair('app', 'secret')])
  })

  test('encoded halves: decoded first, then raw', () => {
    assert.deepEqual(readBasicCredentials(basic('my%3Aapp:a%2Bb+c')), [
      pair('my:app', 'a+b c'),
      pair('my%3Aapp', 'a%2Bb+c'),
    ])
  })

  test('whatever a client that encodes sends, the first reading is what it meant', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(text, text, (id, secret) => {
        const sent = basic(`${formEncode(id)}:${formEncode(secret)}`)
        assert.deepEqual(readBasicCredentials(sent)[0], pair(id, secret))
      }),
      { numRuns: runs(1000) },
    )
  })

  test('whatever a client that does not encode sends, one of the readings is what it meant', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(text, text, (id, secret) => {
        fc.pre(!id.includes(':'))
        const readings = readBasicCredentials(basic(`${id}:${secret}`))
        assert.ok(readings.some((one) => one.client_id === id && one.client_secret === secret))
        assert.ok(readings.length <= 2)
      }),
      { numRuns: runs(1000) },
    )
  })

  test('raw with a percent sign that encodes nothing: only the raw reading', () => {
    assert.deepEqual(readBasicCredentials(basic('app:100%')), [pair('app', '100%')])
    assert.deepEqual(readBasicCredentials(basic('app:%zz+')), [pair('app', '%zz+')])
    assert.deepEqual(readBasicCredentials(basic('app:%ff')), [pair('app', '%ff')])
  })

  test('raw with a plus: both readings', () => {
    assert.deepEqual(readBasicCredentials(basic('app:a+b')), [pair('app', 'a b'), pair('app', 'a+b')])
  })

  test('a colon in the secret belongs to the secret; an empty secret is one', () => {
    assert.deepEqual(readBasicCredentials(basic('app:a:b:')), [pair('app', 'a:b:')])
    assert.deepEqual(readBasicCredentials(basic('app:')), [pair('app', '')])
  })

  test('RFC 7235: the scheme is case-insensitive; padding may be missing', () => {
    const token = Buffer.from('app:secre').toString('base64')
    for (const header of [`basic ${token}`, `BASIC  ${token} `, `Basic ${token.replace(/=+$/, '')}`]) {
      assert.deepEqual(readBasicCredentials(header), [pair('app', 'secre')], header)
    }
  })

  const malformed = [
    '',
    'Basic',
    'Basic ',
    'Bearer YXBwOnNlY3JldA==',
    'BasicYXBwOnNlY3JldA==',
    'Basic YXBw OnNlY3JldA==',
    'Basic YXBwOnNlY3JldA===',
    'Basic YXBw=OnNlY3JldA',
    'Basic app:secret',
    'Basic YXBwOnNlY3JldA==, Basic YXBwOnNlY3JldA==',
    'xBasic YXBwOnNlY3JldA==',
    basic('no-colon'),
    basic(':secret'),
    basic(':'),
  ]
  for (const header of malformed) {
    test(`invalid_client: ${JSON.stringify(header)}`, () => {
      assert.throws(
        () => readBasicCredentials(header),
        (error) => error instanceof OAuthError && error.error === 'invalid_client' && error.status === 401,
      )
    })
  }

  test('a refusal does not repeat what was sent', () => {
    assert.throws(
      () => readBasicCredentials(basic('hunter2-without-colon')),
      (error) => error instanceof OAuthError && !/hunter2/.test(error.message + (error.detail ?? '')),
    )
  })
})
