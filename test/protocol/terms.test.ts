import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Parameters } from '../../src/protocol/parameters.ts'
import {
  grantTerms,
  narrowTerms,
  readTerms,
  sameTerms,
  termsOf,
  termsWithin,
} from '../../src/protocol/terms.ts'

const ALL = { scope: 'openid read write' }

test('a token request names its terms, or inherits them', () => {
  const read = (form: Record<string, string>, resource?: string[]) =>
    readTerms(new Parameters(form), resource)
  assert.deepEqual(read({ scope: 'read read write' }), { scope: 'read write', resource: undefined })
  assert.deepEqual(read({}, ['https://a.example']), { scope: undefined, resource: ['https://a.example'] })
  assert.throws(() => read({ scope: 'read  write' }), { error: 'invalid_scope' })
  assert.deepEqual(grantTerms({ scope: undefined }, ALL), ALL)
})

test('what goes beyond is left out; nothing, or no openid, is no terms at all', () => {
  assert.deepEqual(grantTerms({ scope: 'admin write' }, ALL), { scope: 'write' })
  assert.equal(grantTerms({ scope: 'admin' }, ALL), undefined)
  assert.equal(grantTerms({ scope: 'openid read' }, { scope: 'read' }), undefined)
  assert.deepEqual(narrowTerms(ALL, 'write openid'), { scope: 'openid write' })
})

test('the same names in another order are granted as the same terms', () => {
  const [first, second] = ['write read', 'read write'].map((scope) => grantTerms({ scope }, ALL))
  assert.ok(first && second && sameTerms(first, second))
  assert.ok(!sameTerms(first, ALL))
})

test('terms of a record are its terms alone', () => {
  const profile = { ...ALL, since: 1, until: 2 }
  assert.deepEqual(termsOf(profile), ALL)
  assert.ok(termsWithin({ scope: 'read' }, profile))
  assert.ok(!termsWithin({ scope: 'read admin' }, profile))
})
