import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OAuthError } from '../../src/protocol/errors.ts'
import { readMaxAge, readPrompt } from '../../src/protocol/prompt.ts'

function refused(call: () => unknown): void {
  assert.throws(call, (error) => error instanceof OAuthError && error.error === 'invalid_request')
}

describe('prompt: OpenID Connect Core section 3.1.2.1', () => {
  test('a space-delimited, case-sensitive list', () => {
    assert.deepEqual(readPrompt(undefined), [])
    assert.deepEqual(readPrompt('none'), ['none'])
    assert.deepEqual(readPrompt('login consent'), ['login', 'consent'])
    assert.deepEqual(readPrompt('select_account  login'), ['select_account', 'login'])
    for (const text of ['Login', 'create', 'login,consent', 'login\tconsent', 'none\n']) {
      refused(() => readPrompt(text))
    }
  })

  test('none with any other value is an error', () => {
    for (const text of ['none login', 'login none', 'consent none select_account', 'none none']) {
      refused(() => readPrompt(text))
    }
  })
})

describe('max_age', () => {
  test('a number of seconds; 0 is one', () => {
    assert.equal(readMaxAge(undefined), undefined)
    assert.equal(readMaxAge('0'), 0)
    assert.equal(readMaxAge('3600'), 3600)
  })

  test('anything else is invalid_request', () => {
    for (const text of [
      '',
      '-1',
      '+1',
      '1.5',
      '1e3',
      ' 1',
      '1\n',
      '0x10',
      'NaN',
      'Infinity',
      '99999999999',
      '１',
    ]) {
      refused(() => readMaxAge(text))
    }
  })
})
