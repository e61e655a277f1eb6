import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OAuthError } from '../../src/protocol/errors.ts'
import {
  isScope,
  readScope,
  scopeIntersection,
  scopeTokens,
  scopeUnion,
  scopeWithin,
} from '../../src/protocol/scope.ts'
import { runs } from '../support/runs.ts'

const scope = fc
  .array(fc.constantFrom('a', 'b', 'c', 'ab', 'openid'), { maxLength: 5 })
  .map((names) => names.join(' '))

describe('scope: RFC 6749 section 3.3', () => {
  test('scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by one space', () => {
    for (const text of ['a', 'openid read', 'https://api.example/x:y', '!#[]~', 'a b c']) {
      assert.equal(isScope(text), true, text)
    }
    for (const text of [
      '',
      ' ',
      ' a',
      'a ',
      'a  b',
      'a\tb',
      'a\nb',
      'a"',
      'a\\b',
      'ä',
      'a\u0000',
      '\u007f',
      'a\n',
    ]) {
      assert.equal(isScope(text), false, JSON.stringify(text))
    }
    for (let code = 0; code < 256; code++) {
      const allowed = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
      assert.equal(isScope(String.fromCharCode(code)), allowed, `character ${code}`)
    }
  })

  test('readScope gives each token once, in the order given', () => {
    assert.equal(readScope('read'), 'read')
    assert.equal(readScope('b a b c a'), 'b a c')
  })

  test('a malformed scope is invalid_scope', () => {
    for (const text of ['', 'a  b', 'a"b', ' a']) {
      assert.throws(
        () => readScope(text),
        (error) => error instanceof OAuthError && error.error === 'invalid_scope',
      )
    }
  })

  test('an empty scope has no tokens', () => {
    assert.deepEqual(scopeTokens(''), [])
    assert.deepEqual(scopeTokens('a b a'), ['a', 'b'])
  })

  test('a part of a name is not the name; case counts', () => {
    assert.equal(scopeWithin('read', 'readwrite'), false)
    assert.equal(scopeWithin('Read', 'read'), false)
    assert.equal(scopeIntersection('read', 'readwrite'), '')
  })

  test('nothing is within an empty scope but the empty one', () => {
    assert.equal(scopeWithin('', ''), true)
    assert.equal(scopeWithin('', 'a'), true)
    assert.equal(scopeWithin('a', ''), false)
  })

  test('within, intersection and union are those of sets, in the order of the first', () => {
    fc.assert(
      fc.property(scope, scope, (first, second) => {
        const [one, other] = [new Set(scopeTokens(first)), new Set(scopeTokens(second))]
        assert.equal(scopeWithin(first, second), one.isSubsetOf(other))
        const both = scopeIntersection(first, second)
        assert.deepEqual(new Set(scopeTokens(both)), one.intersection(other))
        assert.equal(scopeWithin(both, first) && scopeWithin(both, second), true)
        assert.deepEqual(
          scopeTokens(both),
          [...one].filter((name) => other.has(name)),
        )
        assert.deepEqual(scopeTokens(scopeUnion(first, second)), [...one.union(other)])
      }),
      { numRuns: runs(1000) },
    )
  })
})
