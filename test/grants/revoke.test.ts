import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Grant } from '../../src/grants/grant.ts'
import { refresh } from '../../src/grants/refresh.ts'
import { type AccessTokenFacts, accessTokenTerms, revokeAccessToken } from '../../src/grants/revoke.ts'
import { runs } from '../support/runs.ts'
import { accessToken, preparedOf, redeemed, refreshInput, SCOPE, stored, T } from './example.ts'

/** Refreshes, and returns the grant with the new access token. */
function minted(grant: Grant, now: number): { grant: Grant; token: AccessTokenFacts } {
  const { next, answer } = refresh(grant, refreshInput(grant.refresh?.generation ?? -1), now)
  return { grant: stored(next), token: accessToken(preparedOf(answer)) }
}

/** `count` tokens of one moment. */
function many(grant: Grant, now: number, count: number): { grant: Grant; tokens: AccessTokenFacts[] } {
  const { grant: next, token } = minted(grant, now)
  return {
    grant: next,
    tokens: Array.from({ length: count }, (_, at) => ({ ...token, jti: `${token.jti}-${at}` })),
  }
}

function revokeAll(grant: Grant, tokens: readonly AccessTokenFacts[], now: number): Grant {
  return tokens.reduce((current, token) => stored(revokeAccessToken(current, token, now).next), grant)
}

describe('revokeAccessToken: RFC 7009 section 2.1', () => {
  test('the token is dead, others and the refresh token are not', () => {
    const { grant, tokens } = many(redeemed(), T, 2)
    const [first, second] = tokens as [AccessTokenFacts, AccessTokenFacts]
    const { next, answer } = revokeAccessToken(grant, first, T + 1)
    assert.equal(answer, true)
    assert.equal(accessTokenTerms(stored(next), first), undefined)
    assert.equal(accessTokenTerms(stored(next), second)?.scope, SCOPE)
    assert.deepEqual(stored(next).refresh, grant.refresh)
    assert.equal(stored(next).expires_at, grant.expires_at)
  })

  test('once more changes nothing', () => {
    const { grant, token } = minted(redeemed(), T)
    const revoked = stored(revokeAccessToken(grant, token, T).next)
    assert.deepEqual(revokeAccessToken(revoked, token, T), { answer: false })
  })

  test('without a grant, or of a place that it does not know, there is nothing to revoke', () => {
    const { grant, token } = minted(redeemed(), T)
    assert.deepEqual(revokeAccessToken(undefined, token, T), { answer: false })
    assert.deepEqual(revokeAccessToken(grant, { ...token, profile: 7 }, T), { answer: false })
  })

  test('a refresh does not bring it back', () => {
    const { grant, token } = minted(redeemed(), T)
    const revoked = stored(revokeAccessToken(grant, token, T).next)
    assert.equal(accessTokenTerms(minted(revoked, T + 1).grant, token), undefined)
  })

  test('up to 32 are revoked one by one, the rest lives', () => {
    const { grant, tokens } = many(redeemed(), T, 33)
    const revoked = revokeAll(grant, tokens.slice(0, 32), T)
    assert.equal(revoked.revoked.length, 32)
    assert.equal(revoked.revoked_before, 0)
    for (const token of tokens.slice(0, 32)) assert.equal(accessTokenTerms(revoked, token), undefined)
    assert.equal(accessTokenTerms(revoked, tokens[32] as AccessTokenFacts)?.scope, SCOPE)
  })

  test('the 33rd sets a watermark: every earlier one is dead, and the list is short', () => {
    const { grant, tokens } = many(redeemed(), T, 34)
    const revoked = revokeAll(grant, tokens.slice(0, 33), T + 10)
    assert.ok(revoked.revoked_before > T)
    assert.ok(revoked.revoked.length <= 32)
    for (const token of tokens) assert.equal(accessTokenTerms(revoked, token), undefined)
  })

  test('tokens minted right after a watermark, in the same second, are alive', () => {
    const { grant, tokens } = many(redeemed(), T, 33)
    const { grant: next, token } = minted(revokeAll(grant, tokens, T), T)
    assert.equal(accessTokenTerms(next, token)?.scope, SCOPE)
    assert.equal(token.expires_at, T + 300, 'and live no longer than others')
  })

  test('watermarks in a row do not make later tokens live longer', () => {
    let { grant, tokens } = many(redeemed(), T, 33)
    for (let round = 0; round < 20; round++) {
      const revoked = revokeAll(grant, tokens, T)
      ;({ grant, tokens } = many(revoked, T, 33))
    }
    assert.ok(grant.revoked_before > T + 10)
    for (const { expires_at } of tokens) assert.equal(expires_at, T + 300)
  })

  test('a token minted right after a watermark can be revoked, and 33 of them set the next one', () => {
    const first = many(redeemed(), T, 33)
    const second = many(revokeAll(first.grant, first.tokens, T), T, 34)
    const revoked = revokeAll(second.grant, second.tokens.slice(0, 33), T)
    for (const token of [...first.tokens, ...second.tokens]) {
      assert.equal(accessTokenTerms(revoked, token), undefined)
    }
    const { grant: last, token } = minted(revoked, T)
    assert.equal(accessTokenTerms(last, token)?.scope, SCOPE)
  })

  test('expired entries make room before a watermark is set', () => {
    const { grant, tokens } = many(redeemed(), T, 32)
    const later = minted(revokeAll(grant, tokens, T), T + 250)
    const { next } = revokeAccessToken(later.grant, later.token, T + 300)
    assert.equal(stored(next).revoked_before, 0)
    assert.deepEqual(stored(next).revoked, [[later.token.jti, later.token.expires_at, later.token.issued_at]])
  })

  test('a token that has expired was not good until now: nothing is written', () => {
    const { grant, token } = minted(redeemed(), T)
    assert.deepEqual(revokeAccessToken(grant, token, T + 300), { answer: false })
  })

  test('revoking an expired token beside 32 revoked ones does not kill the living', () => {
    const old = minted(redeemed(), T)
    const { grant, tokens } = many(old.grant, T + 200, 33)
    const full = revokeAll(grant, tokens.slice(0, 32), T + 200)
    const { next } = revokeAccessToken(full, old.token, T + 300)
    assert.equal(
      accessTokenTerms(next === undefined ? full : stored(next), tokens[32] as AccessTokenFacts)?.scope,
      SCOPE,
    )
  })

  test('a watermark by a node whose clock is behind does not bring revoked tokens back', () => {
    const ahead = many(redeemed(), T + 5, 32)
    const full = revokeAll(ahead.grant, ahead.tokens, T + 5)
    // The node that is five seconds behind mints one and revokes it: the list is full.
    const { grant, token } = minted(full, T)
    const after = stored(revokeAccessToken(grant, token, T).next)
    assert.equal(accessTokenTerms(after, token), undefined)
    for (const revoked of ahead.tokens) assert.equal(accessTokenTerms(after, revoked), undefined)
  })

  test('under any order of issuing, revoking and waiting: what is revoked stays revoked until it expires', () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ op: fc.constant('revoke' as const), which: fc.nat(40), by: fc.nat(0) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ op: fc.constant('mint' as const), which: fc.nat(0), by: fc.nat(0) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ op: fc.constant('wait' as const), which: fc.nat(0), by: fc.nat(90) }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 200, size: 'max' }), (steps) => {
        let now = T
        let { grant, tokens } = many(redeemed(), now, 8)
        const living = [...tokens]
        const dead: AccessTokenFacts[] = []
        for (const { op, which, by } of steps) {
          if (op === 'wait') now += by
          if (op === 'mint' || living.length === 0) {
            ;({ grant, tokens } = many(grant, now, 8))
            for (const token of tokens)
              assert.equal(accessTokenTerms(grant, token)?.scope, SCOPE, 'a new token is alive')
            living.push(...tokens)
          }
          if (op === 'revoke') {
            const [token] = living.splice(which % living.length, 1) as [AccessTokenFacts]
            if (token.expires_at <= now) continue
            const { next } = revokeAccessToken(grant, token, now)
            if (next !== undefined) grant = stored(next)
            dead.push(token)
          }
          assert.ok(grant.revoked.length <= 32)
          for (const token of dead) {
            if (token.expires_at > now) assert.equal(accessTokenTerms(grant, token), undefined)
          }
        }
      }),
      { numRuns: runs(150) },
    )
  })
})
