import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { OWN_TERMS, profileTerms, withProfile } from '../../src/grants/profiles.ts'
import { refresh } from '../../src/grants/refresh.ts'
import { type AccessTokenFacts, accessTokenTerms } from '../../src/grants/revoke.ts'
import { runs } from '../support/runs.ts'
import {
  accessToken,
  frozen,
  LIFETIMES,
  preparedOf,
  redeemed,
  refreshInput,
  rotate,
  stored,
  T,
} from './example.ts'

const MANY = Array.from({ length: 17 }, (_, at) => `s${at}`)
const ALL = MANY.join(' ')

/** A grant that has issued a token for each of the first `count` scopes at `now`. */
function issued(count: number, now = T) {
  let grant = redeemed(now, { scope: ALL }, { client_scope: 's0' })
  for (let at = 1; at < count; at++) grant = rotate(grant, now, { scope: MANY[at], client_scope: ALL })
  return grant
}

describe('access profiles', () => {
  test('one combination keeps one place, whose end moves along', () => {
    let grant = redeemed()
    for (let at = 1; at <= 40; at++) grant = rotate(grant, T + at)
    assert.equal(grant.profiles.length, 1)
    assert.equal(grant.profiles[0]?.until, T + 340)
  })

  test("a shorter token does not shorten its place: an earlier token's life is not cut", () => {
    const grant = redeemed()
    const brief = frozen({ ...LIFETIMES, access_token_ttl: 10 })
    const { next, answer } = refresh(grant, refreshInput(0, { lifetimes: brief }), T)
    assert.equal(preparedOf(answer).access_expires_at, T + 10)
    assert.equal(stored(next).profiles[0]?.until, T + 300)
  })

  test('sixteen combinations have a place each', () => {
    const grant = issued(16)
    assert.deepEqual(
      grant.profiles.map(({ scope }) => scope),
      MANY.slice(0, 16),
    )
  })

  test('a seventeenth that comes while all live is carried by its token; the record does not grow', () => {
    const grant = issued(16)
    const narrow = rotate(grant, T, { scope: 's16', client_scope: ALL })
    assert.deepEqual(narrow.profiles, grant.profiles, 'nothing was written for it')
    const asked = refreshInput(narrow.refresh?.generation ?? -1, { scope: 's16 s2', client_scope: ALL })
    const { next, answer } = refresh(narrow, asked, T + 200)
    const prepared = preparedOf(answer)
    assert.equal(prepared.profile, OWN_TERMS)
    // In the grant's order, as every profile.
    assert.equal(prepared.terms.scope, 's2 s16')
    assert.equal(accessTokenTerms(stored(next), accessToken(prepared))?.scope, 's2 s16')
    assert.equal(stored(next).profiles.length, 16)
    assert.deepEqual(
      stored(next).profiles.map(({ scope }) => scope),
      MANY.slice(0, 16),
    )
    const known = refresh(grant, refreshInput(15, { scope: 's3', client_scope: ALL }), T + 299)
    assert.equal(preparedOf(known.answer).profile, 3)
  })

  test('the scopes of many long names do not fill the record either: one has a place, others are carried', () => {
    const names = Array.from({ length: 40 }, (_, at) =>
      `https://api.example/scopes/of-many/${at}`.padEnd(49, '-'),
    )
    const scope = names.join(' ')
    let grant = redeemed(T, { scope }, { client_scope: scope })
    assert.equal(grant.profiles[0]?.scope, scope, 'the first, of any length')
    const shortOnes = rotate(redeemed(T, { scope }, { client_scope: names[0] ?? '' }), T, {
      scope: names[1],
      client_scope: scope,
    })
    assert.equal(shortOnes.profiles.length, 2)
    for (const at of names.keys()) {
      const narrow = names.filter((_, other) => other !== at).join(' ')
      const { next, answer } = refresh(grant, refreshInput(at, { scope: narrow, client_scope: scope }), T)
      grant = stored(next)
      assert.equal(accessTokenTerms(grant, accessToken(preparedOf(answer)))?.scope, narrow)
      assert.ok(JSON.stringify(grant).length < 5000)
    }
    // A place whose token has ended is taken by a longer scope only if that fits beside the others.
    const later = rotate(shortOnes, T + 299, { scope: names[1], client_scope: scope })
    const { answer } = refresh(later, refreshInput(2, { client_scope: scope }), T + 300)
    assert.equal(preparedOf(answer).profile, OWN_TERMS)
  })

  test('a token that carries its terms never has more than was granted, and nothing without one', () => {
    const grant = issued(1)
    const of = (scope?: string) =>
      profileTerms(grant, {
        profile: OWN_TERMS,
        issued_at: T,
        expires_at: T + 9,
        ...(scope !== undefined && { terms: { scope } }),
      })?.scope
    assert.equal(of('s1 s3'), 's1 s3')
    assert.equal(of(''), '')
    assert.equal(of('s1 admin'), undefined)
    assert.equal(of(), undefined)
    // A place's scope is the record's word alone.
    const placed = { profile: 0, issued_at: T, expires_at: T + 300, terms: { scope: ALL } }
    assert.equal(profileTerms(grant, placed)?.scope, 's0')
  })

  test('whatever scopes are asked for, when and for how long: each token has its own scope until it ends', () => {
    const step = fc.record({
      wait: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(60) }),
      bits: fc.integer({ min: 1, max: 63 }),
      access_token_ttl: fc.constantFrom(300, 300, 30, 1),
      refresh_token_ttl: fc.constantFrom(3600, 60, 5),
    })
    let carried = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 90, size: 'max' }), (steps) => {
        let now = T
        let grant = redeemed(now, { scope: ALL }, { client_scope: ALL })
        const tokens: { scope: string; token: AccessTokenFacts }[] = []
        for (const { wait, bits, ...ttl } of steps) {
          if (now + wait >= (grant.refresh?.expires_at ?? 0)) continue
          now += wait
          const scope = MANY.filter((_, at) => bits & (1 << at)).join(' ')
          const input = { scope, client_scope: ALL, lifetimes: frozen({ ...LIFETIMES, ...ttl }) }
          const { next, answer } = refresh(grant, refreshInput(grant.refresh?.generation ?? -1, input), now)
          const prepared = preparedOf(answer)
          grant = stored(next)
          assert.ok(prepared.access_expires_at > now && (prepared.refresh?.expires_at ?? 0) > now)
          assert.ok(grant.profiles.length <= 16)
          if (prepared.profile === OWN_TERMS) carried++
          tokens.push({ scope, token: accessToken(prepared) })
          for (const { scope, token } of tokens) {
            if (token.expires_at <= now) continue
            assert.equal(accessTokenTerms(grant, token)?.scope, scope)
            assert.ok(grant.expires_at >= token.expires_at, 'the record lives as long as the token')
          }
        }
      }),
      { numRuns: runs(300) },
    )
    assert.ok(carried > 100, `${carried} tokens had no place`)
  })

  test('an expired place is used again, before the list grows', () => {
    const three = issued(3)
    const kept = rotate(three, T + 200, { scope: 's1', client_scope: ALL })
    const generation = kept.refresh?.generation ?? -1
    const asked = refreshInput(generation, { scope: 's9', client_scope: ALL })
    assert.equal(preparedOf(refresh(kept, asked, T + 299).answer).profile, 3)
    const { next, answer } = refresh(kept, asked, T + 300)
    assert.equal(preparedOf(answer).profile, 0)
    assert.deepEqual(
      stored(next).profiles.map(({ scope }) => scope),
      ['s9', 's1', 's2'],
    )
  })

  test('sixteen expired places: any combination is fine again', () => {
    const grant = issued(16)
    const asked = refreshInput(grant.refresh?.generation ?? -1, { scope: 's16', client_scope: ALL })
    const { next, answer } = refresh(grant, asked, T + 300)
    assert.equal(answer.result, 'issued')
    assert.equal(stored(next).profiles.length, 16)
  })

  test('a token of a reused place is dead, also for a node whose clock is behind', () => {
    const grant = redeemed(T, { scope: ALL }, { client_scope: 's0' })
    const old = accessToken({ profile: 0, terms: { scope: 's0' }, issued_at: T, access_expires_at: T + 300 })
    assert.equal(accessTokenTerms(grant, old)?.scope, 's0')
    // At T + 300 by its own clock another node gives the place to a wider scope.
    const wider = rotate(grant, T + 300, { scope: 's0 s1 s2', client_scope: ALL })
    assert.equal(wider.profiles[0]?.scope, 's0 s1 s2')
    // By this node's clock the old token has a second to live: it must not be read with the new scope.
    const scope = accessTokenTerms(wider, old)?.scope
    assert.ok(scope === undefined || scope === 's0', `the token of s0 is read as ${scope}`)
  })

  test('a token of a reused place that a node whose clock is behind issues is alive', () => {
    const grant = redeemed(T, { scope: ALL }, { client_scope: 's0' })
    const taken = rotate(grant, T + 305, { scope: 's0 s1', client_scope: ALL })
    const asked = refreshInput(taken.refresh?.generation ?? -1, { scope: 's0 s1', client_scope: ALL })
    const { next, answer } = refresh(taken, asked, T + 302)
    assert.equal(preparedOf(answer).profile, 0)
    assert.equal(accessTokenTerms(stored(next), accessToken(preparedOf(answer)))?.scope, 's0 s1')
  })

  test('a place that the grant does not have has no scope', () => {
    const grant = redeemed()
    const times = { issued_at: T, expires_at: T + 300 }
    assert.equal(profileTerms(grant, { profile: 0, ...times })?.scope, 'openid read write')
    for (const profile of [1, 15, 16, 255])
      assert.equal(profileTerms(grant, { profile, ...times }), undefined)
  })

  test('a token that claims to outlive its place has no scope', () => {
    assert.equal(profileTerms(redeemed(), { profile: 0, issued_at: T, expires_at: T + 301 }), undefined)
  })

  test('if nothing has to be written it is the very same grant', () => {
    const grant = redeemed()
    assert.equal(withProfile(grant, grant, { now: T, issued_at: T, expires_at: T + 300 }).grant, grant)
    assert.notEqual(withProfile(grant, grant, { now: T, issued_at: T, expires_at: T + 301 }).grant, grant)
  })
})
