import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CsrfBinding, checkCsrfToken, makeCsrfToken } from '../../src/secrets/csrf.ts'
import { Keys } from '../../src/secrets/keys.ts'

const T = 1_800_000_000
const keys = new Keys(['an old secret of at least thirty-two bytes'])
const binding: CsrfBinding = { browser: 'browser-1', account: 'sid-1', form: 'login', request: 'digest-1' }
const FIELDS = ['browser', 'account', 'form', 'request'] as const

describe('CSRF tokens', () => {
  test('a token is good for its binding, now and until just before an hour has passed', () => {
    const token = makeCsrfToken(keys, binding, T)
    assert.equal(checkCsrfToken(keys, binding, token, T), true)
    assert.equal(checkCsrfToken(keys, binding, token, T + 3599), true)
    assert.equal(checkCsrfToken(keys, binding, token, T + 3600), false)
  })

  for (const field of FIELDS) {
    test(`a token is bound to ${field}`, () => {
      const token = makeCsrfToken(keys, binding, T)
      for (const other of ['', `${binding[field]} `, binding[field].toUpperCase(), 'other']) {
        assert.equal(checkCsrfToken(keys, { ...binding, [field]: other }, token, T), false, other)
      }
    })
  }

  test('no two bindings share a token, also where their fields run together', () => {
    for (const separator of ['', ',', '.', '|', ':', '/', ' ', '"', '","', '\n', '\u0000', '\u001f']) {
      for (const [at, first] of FIELDS.slice(0, -1).entries()) {
        const second = FIELDS[at + 1] as (typeof FIELDS)[number]
        const one = { ...binding, [first]: `a${separator}b`, [second]: 'c' }
        const other = { ...binding, [first]: 'a', [second]: `b${separator}c` }
        const token = makeCsrfToken(keys, one, T)
        assert.equal(checkCsrfToken(keys, one, token, T), true)
        assert.equal(checkCsrfToken(keys, other, token, T), false, JSON.stringify(separator))
        assert.equal(checkCsrfToken(keys, { ...one, [first]: 'c', [second]: one[first] }, token, T), false)
      }
    }
  })

  test('its expiry cannot be moved', () => {
    const [expiry = '', ...rest] = makeCsrfToken(keys, binding, T).split('.')
    const later = [(Number.parseInt(expiry, 36) + 1).toString(36), ...rest].join('.')
    assert.equal(checkCsrfToken(keys, binding, later, T), false)
  })

  test('its tag cannot be changed or left out', () => {
    const [expiry = '', id = '', tag = ''] = makeCsrfToken(keys, binding, T).split('.')
    assert.equal(checkCsrfToken(keys, binding, `${expiry}.${id}.${tag}`, T), true)
    const flipped = (tag.startsWith('A') ? 'B' : 'A') + tag.slice(1)
    for (const forged of [flipped, '', tag.slice(0, -2), Buffer.alloc(32).toString('base64url')]) {
      assert.equal(checkCsrfToken(keys, binding, `${expiry}.${id}.${forged}`, T), false, forged)
    }
    for (const forged of [
      '',
      expiry,
      `${expiry}.${id}`,
      '..',
      'zzzzzz..',
      'Infinity..',
      '-1..',
      `.${id}.${tag}`,
    ]) {
      assert.equal(checkCsrfToken(keys, binding, forged, T), false, forged)
    }
  })

  test('after a key change an old token still verifies, with the key dropped it does not', () => {
    const token = makeCsrfToken(keys, binding, T)
    const next = 'a new secret of at least thirty-two bytes!'
    const both = new Keys([next, 'an old secret of at least thirty-two bytes'])
    assert.equal(checkCsrfToken(both, binding, token, T), true)
    assert.equal(checkCsrfToken(new Keys([next]), binding, token, T), false)
  })
})
