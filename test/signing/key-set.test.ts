import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentKey, type KeySet, revoked, type SigningKey, statesOf } from '../../src/signing/key-set.ts'

const NOW = 1_800_000_000
const key = (kid: string, signs_from?: number, alg: SigningKey['alg'] = 'RS256'): SigningKey => ({
  ...{ kid, alg, kty: 'RSA' },
  ...(signs_from !== undefined && { signs_from }),
})
const FRESH = key('fresh', NOW + 3600)
const [OLD, CURRENT, NEXT, OTHER] = [
  key('old', NOW - 2000),
  key('current', NOW - 1000),
  key('next', NOW + 3000),
  key('other', NOW - 1000, 'ES256'),
]
const kids = (set: KeySet) => set.map(({ kid }) => kid)

test('a key that signs is replaced at once: by the one that waits, or by a fresh one, never by one that was retired', () => {
  const waiting = revoked([OLD, CURRENT, NEXT, OTHER], 'current', FRESH, NOW)
  assert.deepEqual(kids(waiting), ['old', 'next', 'other'])
  assert.equal(currentKey(waiting, 'RS256', NOW)?.kid, 'next')
  const alone = revoked([OLD, CURRENT, OTHER], 'current', FRESH, NOW)
  assert.deepEqual(kids(alone), ['old', 'other', 'fresh'])
  assert.equal(currentKey(alone, 'RS256', NOW)?.kid, 'fresh')
  assert.equal(currentKey(alone, 'ES256', NOW)?.kid, 'other')
  // The operator's own, which has no time.
  assert.equal(currentKey(revoked([key('own')], 'own', FRESH, NOW), 'RS256', NOW)?.kid, 'fresh')
})

test('one that is retired, or waits, goes alone; one that is not there changes nothing', () => {
  const set = [OLD, CURRENT, NEXT]
  assert.deepEqual(kids(revoked(set, 'old', FRESH, NOW)), ['current', 'next'])
  assert.deepEqual(kids(revoked(set, 'next', FRESH, NOW)), ['old', 'current'])
  assert.equal(revoked(set, 'none', FRESH, NOW), set)
  const once = revoked(set, 'current', FRESH, NOW)
  assert.equal(revoked(once, 'current', FRESH, NOW), once)
})

test('the states of keys', () => {
  const plan = { algorithms: ['RS256' as const], every: 0, keep: 5000 }
  assert.deepEqual(
    statesOf([NEXT, OLD, CURRENT, OTHER], plan, NOW).map(({ key: { kid }, state, at }) => [kid, state, at]),
    [
      ['old', 'retired', NOW - 1000 + 5000],
      ['current', 'signs', undefined],
      ['next', 'waits', NOW + 3000],
      ['other', 'signs', undefined],
    ],
  )
})
