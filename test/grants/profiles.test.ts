import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { profileScope, withProfile } from '../../src/grants/profiles.ts'
import { refresh } from '../../src/grants/refresh.ts'
import { accessTokenScope } from '../../src/grants/revoke.ts'
import {
  accessToken,
  frozen,
  LIFETIMES,
  mintingOf,
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
    assert.equal(mintingOf(answer).access_expires_at, T + 10)
    assert.equal(stored(next).profiles[0]?.until, T + 300)
  })

  test('sixteen combinations have a place each', () => {
    const grant = issued(16)
    assert.deepEqual(
      grant.profiles.map(({ scope }) => scope),
      MANY.slice(0, 16),
    )
  })

  test('a seventeenth is refused while all live, uses nothing up and leaves the known ones alone', () => {
    const grant = issued(16)
    const generation = grant.refresh?.generation ?? -1
    const asked = refreshInput(generation, { scope: 's16', client_scope: ALL })
    assert.deepEqual(refresh(grant, asked, T + 299), { answer: { result: 'profiles_full' } })
    const known = refresh(grant, refreshInput(generation, { scope: 's3', client_scope: ALL }), T + 299)
    assert.equal(known.answer.result, 'issued')
    assert.equal(mintingOf(known.answer).profile, 3)
  })

  test('an expired place is used again, before the list grows', () => {
    const three = issued(3)
    const kept = rotate(three, T + 200, { scope: 's1', client_scope: ALL })
    const generation = kept.refresh?.generation ?? -1
    const asked = refreshInput(generation, { scope: 's9', client_scope: ALL })
    assert.equal(mintingOf(refresh(kept, asked, T + 299).answer).profile, 3)
    const { next, answer } = refresh(kept, asked, T + 300)
    assert.equal(mintingOf(answer).profile, 0)
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
    const old = accessToken({ profile: 0, scope: 's0', issued_at: T, access_expires_at: T + 300 })
    assert.equal(accessTokenScope(grant, old), 's0')
    // At T + 300 by its own clock another node gives the place to a wider scope.
    const wider = rotate(grant, T + 300, { scope: 's0 s1 s2', client_scope: ALL })
    assert.equal(wider.profiles[0]?.scope, 's0 s1 s2')
    // By this node's clock the old token has a second to live: it must not be read with the new scope.
    const scope = accessTokenScope(wider, old)
    assert.ok(scope === undefined || scope === 's0', `the token of s0 is read as ${scope}`)
  })

  test('a token of a reused place that a node whose clock is behind issues is alive', () => {
    const grant = redeemed(T, { scope: ALL }, { client_scope: 's0' })
    const taken = rotate(grant, T + 305, { scope: 's0 s1', client_scope: ALL })
    const asked = refreshInput(taken.refresh?.generation ?? -1, { scope: 's0 s1', client_scope: ALL })
    const { next, answer } = refresh(taken, asked, T + 302)
    assert.equal(mintingOf(answer).profile, 0)
    assert.equal(accessTokenScope(stored(next), accessToken(mintingOf(answer))), 's0 s1')
  })

  test('a place that the grant does not have has no scope', () => {
    const grant = redeemed()
    const times = { issued_at: T, expires_at: T + 300 }
    assert.equal(profileScope(grant, { profile: 0, ...times }), 'openid read write')
    for (const profile of [1, 15, 16, 255])
      assert.equal(profileScope(grant, { profile, ...times }), undefined)
  })

  test('a token that claims to outlive its place has no scope', () => {
    assert.equal(profileScope(redeemed(), { profile: 0, issued_at: T, expires_at: T + 301 }), undefined)
  })

  test('where nothing has to be written it is the very same grant', () => {
    const grant = redeemed()
    assert.equal(withProfile(grant, grant.scope, { now: T, issued_at: T, expires_at: T + 300 })?.grant, grant)
    assert.notEqual(
      withProfile(grant, grant.scope, { now: T, issued_at: T, expires_at: T + 301 })?.grant,
      grant,
    )
  })
})
