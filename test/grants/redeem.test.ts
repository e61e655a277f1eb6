import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Grant } from '../../src/grants/grant.ts'
import { type RedeemAnswer, redeem } from '../../src/grants/redeem.ts'
import { accessTokenTerms } from '../../src/grants/revoke.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { update } from '../../src/store/update.ts'
import {
  accessToken,
  frozen,
  LIFETIMES,
  preparedOf,
  redeemed,
  redeemInput,
  SCOPE,
  stored,
  T,
  unredeemed,
} from './example.ts'

describe('redeem: RFC 6749 section 4.1.2', () => {
  test('the first use issues an access token and a refresh token of generation 0', () => {
    const { next, answer, accuses } = redeem(unredeemed(), redeemInput(), T + 5)
    assert.equal(answer.result, 'issued')
    assert.equal(accuses, undefined)
    assert.deepEqual(preparedOf(answer), {
      profile: 0,
      terms: { scope: SCOPE },
      issued_at: T + 5,
      access_expires_at: T + 305,
      refresh: { generation: 0, expires_at: T + 3605 },
    })
    const grant = stored(next)
    assert.equal(grant.redeemed, true)
    assert.deepEqual(grant.refresh, { generation: 0, expires_at: T + 3605, rotations: [] })
    assert.deepEqual(grant.profiles, [{ scope: SCOPE, since: T + 5, until: T + 305 }])
    assert.equal(grant.expires_at, T + 3605)
    assert.equal(accessTokenTerms(grant, accessToken(preparedOf(answer)))?.scope, SCOPE)
  })

  test('a code MUST NOT be used more than once: the second use revokes everything', () => {
    const grant = redeemed()
    const { next, answer, accuses } = redeem(grant, redeemInput(), T + 1)
    assert.equal(next, 'delete')
    assert.equal(accuses, true)
    assert.deepEqual(answer, { result: 'reused', grant })
  })

  test('a second use is reuse however late it comes, and also without a refresh token', () => {
    const grant = redeemed(T, {}, { refresh: false })
    assert.equal(redeem(grant, redeemInput({ refresh: false }), T + 299).next, 'delete')
  })

  test('the code of no grant is unknown and accuses nobody', () => {
    assert.deepEqual(redeem(undefined, redeemInput(), T), { answer: { result: 'unknown' } })
  })

  test('a client without the refresh_token grant type gets none, and the grant ends with its access token', () => {
    const { next, answer } = redeem(unredeemed(), redeemInput({ refresh: false }), T)
    assert.equal(preparedOf(answer).refresh, undefined)
    assert.equal(stored(next).refresh, null)
    assert.equal(stored(next).expires_at, T + 300)
  })

  test('the grant lives as long as the longer of its tokens', () => {
    const lifetimes = frozen({ ...LIFETIMES, access_token_ttl: 5000 })
    assert.equal(stored(redeem(unredeemed(), redeemInput({ lifetimes }), T).next).expires_at, T + 5000)
  })

  test('what the client may no longer have is not issued; the grant keeps what was approved', () => {
    const { next, answer } = redeem(unredeemed(), redeemInput({ client_scope: 'write openid' }), T)
    assert.equal(preparedOf(answer).terms.scope, 'openid write')
    assert.equal(stored(next).scope, SCOPE)
  })

  test("a grant's absolute end caps every token and the record", () => {
    const { next, answer } = redeem(unredeemed({ ends_at: T + 100 }), redeemInput(), T)
    assert.equal(preparedOf(answer).access_expires_at, T + 100)
    assert.equal(preparedOf(answer).refresh?.expires_at, T + 100)
    assert.equal(stored(next).expires_at, T + 100)
  })

  test('nothing is issued that has ended: a code that outlives its grant, as records of before allow, is unknown', () => {
    const grant = unredeemed({ ends_at: T + 2 })
    assert.equal(redeem(grant, redeemInput(), T + 1).answer.result, 'issued')
    for (const late of [T + 2, T + 59])
      assert.deepEqual(redeem(grant, redeemInput(), late), { answer: { result: 'unknown' } })
    const used = redeemed(T, { ends_at: T + 2 })
    assert.deepEqual(redeem(used, redeemInput(), T + 2), { answer: { result: 'unknown' } })
  })

  test('an absolute end that is further away caps nothing', () => {
    const { answer } = redeem(unredeemed({ ends_at: T + 99_999 }), redeemInput(), T)
    assert.equal(preparedOf(answer).access_expires_at, T + 300)
    assert.equal(preparedOf(answer).refresh?.expires_at, T + 3600)
  })

  test('of 50 concurrent uses exactly one is issued, and what it got is revoked', async () => {
    const store = new MemoryStore()
    await store.create('grant', 'g', unredeemed(), T)
    const use = () =>
      update<Grant, RedeemAnswer>(store, { kind: 'grant', id: 'g', now: T }, (grant) =>
        redeem(frozen(grant), redeemInput(), T),
      )
    const answers = await Promise.all(Array.from({ length: 50 }, use))
    assert.equal(answers.filter(({ result }) => result === 'issued').length, 1)
    assert.equal(answers.filter(({ result }) => result === 'reused' || result === 'unknown').length, 49)
    assert.equal(await store.read('grant', 'g', T), undefined)
  })
})
