import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Grant } from '../../src/grants/grant.ts'
import { OWN_TERMS } from '../../src/grants/profiles.ts'
import { type RefreshAnswer, refresh } from '../../src/grants/refresh.ts'
import { accessTokenTerms, revokeAccessToken } from '../../src/grants/revoke.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { update } from '../../src/store/update.ts'
import {
  accessToken,
  frozen,
  LIFETIMES,
  preparedOf,
  redeemed,
  refreshInput,
  rotate,
  SCOPE,
  stored,
  T,
  unredeemed,
} from './example.ts'

const GRACE = LIFETIMES.refresh_token_grace
const strict = frozen({ ...LIFETIMES, refresh_token_grace: 0 })

describe('refresh: rotation (RFC 9700 section 4.14.2)', () => {
  test('the current generation is issued its successor, with a new end', () => {
    const { next, answer, accuses } = refresh(redeemed(), refreshInput(0), T + 100)
    assert.equal(answer.result, 'issued')
    assert.equal(accuses, undefined)
    assert.deepEqual(preparedOf(answer), {
      profile: 0,
      terms: { scope: SCOPE },
      issued_at: T + 100,
      access_expires_at: T + 400,
      refresh: { generation: 1, expires_at: T + 3700 },
    })
    const grant = stored(next)
    assert.deepEqual(grant.refresh, { generation: 1, expires_at: T + 3700, rotations: [T + 100] })
    assert.equal(grant.expires_at, T + 3700)
  })

  test('each successor works in its turn', () => {
    let grant = redeemed()
    for (let generation = 1; generation <= 20; generation++) {
      grant = rotate(grant, T + 1000 * generation)
      assert.equal(grant.refresh?.generation, generation)
    }
  })

  test('tokens of earlier generations stay good until they expire', () => {
    const { answer } = refresh(redeemed(), refreshInput(0), T)
    const token = accessToken(preparedOf(answer))
    let grant = rotate(redeemed(), T)
    for (let at = 1; at < 5; at++) grant = rotate(grant, T + 50 * at)
    assert.equal(accessTokenTerms(grant, token)?.scope, SCOPE)
  })

  test('a generation that was never given is unknown and accuses nobody', () => {
    assert.deepEqual(refresh(redeemed(), refreshInput(1), T), { answer: { result: 'unknown' } })
    assert.deepEqual(refresh(rotate(redeemed(), T), refreshInput(2), T), { answer: { result: 'unknown' } })
  })

  test('no grant, an unredeemed one and one without refresh tokens: unknown', () => {
    const none = [undefined, unredeemed(), redeemed(T, {}, { refresh: false })]
    for (const grant of none) {
      assert.deepEqual(refresh(grant, refreshInput(0), T), { answer: { result: 'unknown' } })
    }
  })

  test('an expired refresh token is expired, at its very end, and nothing is revoked', () => {
    const grant = redeemed()
    assert.equal(refresh(grant, refreshInput(0), T + 3599).answer.result, 'issued')
    assert.deepEqual(refresh(grant, refreshInput(0), T + 3600), { answer: { result: 'expired' } })
  })

  test("the grant's absolute end caps the successor, its access token and the record", () => {
    const grant = rotate(redeemed(T, { ends_at: T + 4000 }), T + 3500)
    const { next, answer } = refresh(grant, refreshInput(1), T + 3900)
    assert.equal(preparedOf(answer).refresh?.expires_at, T + 4000)
    assert.equal(preparedOf(answer).access_expires_at, T + 4000)
    assert.equal(stored(next).expires_at, T + 4000)
    assert.deepEqual(refresh(stored(next), refreshInput(2), T + 4000), { answer: { result: 'expired' } })
  })
})

describe('refresh: the grace', () => {
  const once = rotate(redeemed(), T + 100)

  test('one behind inside the grace: the very same successor again, with the end fixed at its rotation', () => {
    for (const now of [T + 100, T + 115, T + 100 + GRACE - 1]) {
      const { next, answer, accuses } = refresh(once, refreshInput(0), now)
      assert.equal(answer.result, 'replayed')
      assert.equal(accuses, undefined)
      assert.deepEqual(preparedOf(answer).refresh, { generation: 1, expires_at: T + 3700 })
      if (next !== undefined) assert.deepEqual(stored(next).refresh, once.refresh)
    }
  })

  test('a replay gets an access token that lives', () => {
    const { next, answer } = refresh(once, refreshInput(0), T + 120)
    assert.equal(preparedOf(answer).access_expires_at, T + 420)
    assert.equal(accessTokenTerms(stored(next), accessToken(preparedOf(answer)))?.scope, SCOPE)
  })

  test('a replay with nothing new to say writes nothing', () => {
    assert.equal(refresh(once, refreshInput(0), T + 100).next, undefined)
  })

  test('replays do not stretch the grace', () => {
    const replayed = stored(refresh(once, refreshInput(0), T + 125).next)
    assert.equal(refresh(replayed, refreshInput(0), T + 100 + GRACE).answer.result, 'reused')
  })

  test('one behind outside the grace is reuse: the whole grant goes', () => {
    for (const now of [T + 100 + GRACE, T + 3000]) {
      const { next, answer, accuses } = refresh(once, refreshInput(0), now)
      assert.equal(next, 'delete')
      assert.equal(accuses, true)
      assert.deepEqual(answer, { result: 'reused', grant: once })
    }
  })

  test('two behind inside the grace is superseded, and nothing is revoked', () => {
    const twice = rotate(once, T + 110)
    assert.deepEqual(refresh(twice, refreshInput(0), T + 100 + GRACE - 1), {
      answer: { result: 'superseded' },
    })
  })

  test('two behind outside its own grace is reuse, although the last rotation is inside', () => {
    const twice = rotate(once, T + 125)
    const { next, accuses } = refresh(twice, refreshInput(0), T + 100 + GRACE)
    assert.equal(next, 'delete')
    assert.equal(accuses, true)
    assert.equal(refresh(twice, refreshInput(1), T + 100 + GRACE).answer.result, 'replayed')
  })

  test('up to eight rotations within one grace, every earlier token is a slow duplicate', () => {
    let grant = redeemed()
    for (let at = 0; at < 8; at++) grant = rotate(grant, T + at)
    for (let generation = 0; generation < 7; generation++) {
      assert.equal(refresh(grant, refreshInput(generation), T + 10).answer.result, 'superseded')
    }
  })

  test('a grace of 0 is strict: any earlier token is reuse at once', () => {
    const grant = rotate(redeemed(), T + 100, { lifetimes: strict })
    const { next, accuses } = refresh(grant, refreshInput(0, { lifetimes: strict }), T + 100)
    assert.equal(next, 'delete')
    assert.equal(accuses, true)
    const early = refresh(grant, refreshInput(0, { lifetimes: strict }), T + 90)
    assert.equal(early.answer.result, 'reused')
    // Made strict by a reload: a rotation that is still remembered gets no grace, whatever the clocks say.
    assert.equal(refresh(once, refreshInput(0, { lifetimes: strict }), T + 90).answer.result, 'reused')
  })

  test('a negative age counts as zero: a rotation by a node whose clock is ahead is just now', () => {
    assert.equal(refresh(once, refreshInput(0), T + 60).answer.result, 'replayed')
    const twice = rotate(once, T + 110)
    assert.equal(refresh(twice, refreshInput(0), T + 60).answer.result, 'superseded')
  })

  test('with clocks that differ, each rotation is still judged by its own time', () => {
    // Generation 0 rotated at +100 by a node that is ahead, 1 at +90 by one that is behind, 2 at +121.
    const grant = rotate(rotate(rotate(redeemed(), T + 100), T + 90), T + 121)
    // Generation 0 is three behind, its rotation 21 s old: a slow duplicate, nothing to revoke.
    assert.deepEqual(refresh(grant, refreshInput(0), T + 121), { answer: { result: 'superseded' } })
  })

  test('the successor expired: a replay is expired, not a longer life', () => {
    const brief = frozen({ ...LIFETIMES, refresh_token_ttl: 10 })
    const grant = rotate(redeemed(), T, { lifetimes: brief })
    assert.deepEqual(refresh(grant, refreshInput(0, { lifetimes: brief }), T + 10), {
      answer: { result: 'expired' },
    })
  })
})

describe('refresh: scope (RFC 6749 section 6)', () => {
  test('never beyond what was originally granted: what remains is given, in the order of the grant', () => {
    const client_scope = `${SCOPE} admin`
    const asked = { 'read admin': 'read', 'admin write openid read': SCOPE, 'READ read': 'read' }
    for (const [scope, given] of Object.entries(asked)) {
      const { next, answer } = refresh(redeemed(), refreshInput(0, { scope, client_scope }), T)
      assert.equal(preparedOf(answer).terms.scope, given, scope)
      assert.equal(stored(next).scope, SCOPE)
    }
  })

  test('refused if nothing of it was granted, or openid was not, or the client may not have that any more', () => {
    const answerTo = (grant: Grant, scope: string, client_scope = `${SCOPE} admin`) =>
      refresh(grant, refreshInput(0, { scope, client_scope }), T)
    const refused = { answer: { result: 'scope_widened' } }
    for (const scope of ['admin', 'rea', 'READ', 'admin other'])
      assert.deepEqual(answerTo(redeemed(), scope), refused)
    assert.deepEqual(answerTo({ ...redeemed(), scope: 'read' }, 'openid read'), refused)
    assert.deepEqual(answerTo({ ...redeemed(), scope: '' }, 'read'), refused)
    assert.deepEqual(answerTo(redeemed(), 'openid read', 'read'), refused)
    assert.deepEqual(answerTo(redeemed(), 'write', 'read'), refused)
  })

  test('a refused scope does not use the token up', () => {
    const grant = redeemed()
    refresh(grant, refreshInput(0, { scope: 'admin' }), T)
    assert.equal(refresh(grant, refreshInput(0, { scope: 'read' }), T).answer.result, 'issued')
  })

  test('if omitted it is what was granted', () => {
    assert.equal(preparedOf(refresh(redeemed(), refreshInput(0), T).answer).terms.scope, SCOPE)
  })

  test('narrowing narrows the access token, not the grant: the next refresh may have all again', () => {
    const { next, answer } = refresh(redeemed(), refreshInput(0, { scope: 'read' }), T)
    assert.equal(preparedOf(answer).terms.scope, 'read')
    assert.equal(accessTokenTerms(stored(next), accessToken(preparedOf(answer)))?.scope, 'read')
    assert.equal(stored(next).scope, SCOPE)
    assert.equal(preparedOf(refresh(stored(next), refreshInput(1), T).answer).terms.scope, SCOPE)
  })

  test('what the client may no longer have is taken out, and comes back when it may again', () => {
    const less = { client_scope: 'read' }
    const { next, answer } = refresh(redeemed(), refreshInput(0, less), T)
    assert.equal(preparedOf(answer).terms.scope, 'read')
    assert.equal(preparedOf(refresh(stored(next), refreshInput(1), T).answer).terms.scope, SCOPE)
    assert.equal(
      preparedOf(refresh(redeemed(), refreshInput(0, { scope: 'read write', ...less }), T).answer).terms
        .scope,
      'read',
    )
  })

  test('a replay with another scope has the scope it asks for and the same successor', () => {
    const grant = rotate(redeemed(), T)
    const { answer } = refresh(grant, refreshInput(0, { scope: 'read' }), T + 1)
    assert.equal(preparedOf(answer).terms.scope, 'read')
    assert.deepEqual(preparedOf(answer).refresh, { generation: 1, expires_at: T + 3600 })
  })

  test('an old token is judged before its scope: reuse is reuse whatever it asks for', () => {
    const grant = rotate(redeemed(), T)
    assert.equal(refresh(grant, refreshInput(0, { scope: 'admin' }), T + GRACE).next, 'delete')
  })
})

describe('refresh: many', () => {
  test('50 concurrent refreshes of one token: one lineage', async () => {
    const store = new MemoryStore()
    await store.create('grant', 'g', redeemed(), T)
    const use = (now: number) =>
      update<Grant, RefreshAnswer>(store, { kind: 'grant', id: 'g', now }, (grant) =>
        refresh(frozen(grant), refreshInput(0), now),
      )
    const answers = await Promise.all(Array.from({ length: 50 }, (_, caller) => use(T + (caller % 10))))
    assert.equal(answers.filter(({ result }) => result === 'issued').length, 1)
    assert.equal(answers.filter(({ result }) => result === 'replayed').length, 49)
    const successors = new Set(answers.map((answer) => JSON.stringify(preparedOf(answer).refresh)))
    assert.equal(successors.size, 1)
    const grant = (await store.read<Grant>('grant', 'g', T)) as Grant
    assert.equal(grant.refresh?.generation, 1)
    for (const answer of answers)
      assert.equal(accessTokenTerms(grant, accessToken(preparedOf(answer)))?.scope, SCOPE)
  })

  test('50 concurrent refreshes of one token under a grace of 0: one is issued and then the grant goes', async () => {
    const store = new MemoryStore()
    await store.create('grant', 'g', redeemed(), T)
    const use = () =>
      update<Grant, RefreshAnswer>(store, { kind: 'grant', id: 'g', now: T }, (grant) =>
        refresh(frozen(grant), refreshInput(0, { lifetimes: strict }), T),
      )
    const answers = await Promise.all(Array.from({ length: 50 }, use))
    assert.equal(answers.filter(({ result }) => result === 'issued').length, 1)
    assert.equal(answers.filter(({ result }) => result === 'replayed').length, 0)
    assert.equal(await store.read('grant', 'g', T), undefined)
  })

  test('10,000 refreshes with varying scopes and revocations: the record stays below 4,000 bytes', () => {
    const names = ['openid', 'read', 'write', 'mail', 'files', 'calendar', 'contacts', 'photos']
    const scope = names.join(' ')
    let grant = redeemed(T, { scope }, { client_scope: scope })
    let now = T
    let largest = 0
    let carried = 0
    for (let at = 1; at <= 10_000; at++) {
      // Bursts within a second, then pauses: rotations, profiles and revocations all fill up.
      now += at % 20 === 0 ? 61 : at % 3 === 0 ? 1 : 0
      const subset = names.filter((_, bit) => (1 + ((at * 37) % 255)) & (1 << bit)).join(' ')
      const generation = grant.refresh?.generation ?? -1
      const { next, answer } = refresh(
        grant,
        refreshInput(generation, { scope: subset, client_scope: scope }),
        now,
      )
      assert.equal(answer.result, 'issued')
      if (preparedOf(answer).profile === OWN_TERMS) carried++
      grant = stored(next)
      assert.ok((grant.refresh?.rotations.length ?? 99) <= 8)
      const revocation = revokeAccessToken(grant, accessToken(preparedOf(answer)), now)
      if (revocation.next !== undefined) grant = stored(revocation.next)
      largest = Math.max(largest, JSON.stringify(grant).length)
    }
    assert.ok(largest < 4000, `${largest} bytes`)
    assert.ok(largest > 1500, 'the lists did fill up')
    assert.ok(carried > 0 && carried < 9000, `${carried} tokens carry their scope`)
  })
})
