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

  test('of any size: a large one only means that any login will do', () => {
    for (const [text, seconds] of [
      ['0000000010', 10],
      ['1000000000', 1e9],
      ['9007199254740993', 9007199254740992],
      ['9'.repeat(400), Number.POSITIVE_INFINITY],
    ] as const) {
      assert.equal(readMaxAge(text), seconds)
    }
  })

  test('anything else is invalid_request', () => {
    for (const text of ['', '-1', '+1', '1.5', '1e3', ' 1', '1\n', '0x10', 'NaN', 'Infinity', '１']) {
      refused(() => readMaxAge(text))
    }
  })
})
