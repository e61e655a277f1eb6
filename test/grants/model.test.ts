import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Grant, PreparedTokens } from '../../src/grants/grant.ts'
import { type RedeemAnswer, redeem } from '../../src/grants/redeem.ts'
import { type RefreshAnswer, refresh } from '../../src/grants/refresh.ts'
import { type AccessTokenFacts, accessTokenTerms, revokeAccessToken } from '../../src/grants/revoke.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { update } from '../../src/store/update.ts'
import { type Fault, FaultyMemoryStore } from '../support/faulty-store.ts'
import { runs } from '../support/runs.ts'
import {
  accessToken,
  frozen,
  preparedOf,
  redeemed,
  redeemInput,
  refreshInput,
  SCOPE,
  T,
  unredeemed,
} from './example.ts'

const TTL = 300
const ACCESS = 60
const MAX_ROTATIONS = 8

function lifetimes(refresh_token_grace: number) {
  return frozen({
    access_token_ttl: ACCESS,
    refresh_token_ttl: TTL,
    authorization_code_ttl: 60,
    refresh_token_grace,
    grant_max_ttl: 0,
  })
}

function key(now: number) {
  return { kind: 'grant', id: 'g', now } as const
}

/** The transitions on the store, their inputs frozen to the bottom. */
function callers(store: FaultyMemoryStore, grace: number) {
  const terms = lifetimes(grace)
  return {
    redeem: (now: number) =>
      update<Grant, RedeemAnswer>(store, key(now), (grant) =>
        frozen(redeem(frozen(grant), redeemInput({ lifetimes: terms }), now)),
      ),
    refresh: (generation: number, now: number, scope?: string) =>
      update<Grant, RefreshAnswer>(store, key(now), (grant) =>
        frozen(refresh(frozen(grant), refreshInput(generation, { lifetimes: terms, scope }), now)),
      ),
    revokeAccessToken: (token: AccessTokenFacts, now: number) =>
      update<Grant, boolean>(store, key(now), (grant) =>
        frozen(revokeAccessToken(frozen(grant), frozen(token), now)),
      ),
    revoke: () => update<Grant, undefined>(store, key(0), () => ({ next: 'delete', answer: undefined })),
    // What the store really holds, whatever fault is scripted.
    look: async (now: number) => {
      const { fault } = store
      store.fault = () => 'none'
      const grant = await store.read<Grant>('grant', 'g', now)
      store.fault = fault
      return grant
    },
  }
}

/** The design's rules, told once more without looking at the code: with full memory instead of short lists. */
interface Model {
  alive: boolean
  redeemed: boolean
  generation: number
  /** When each generation was rotated away. */
  rotated: number[]
  refreshEnd: number
  end: number
}

function specRedeem(model: Model, now: number, endsAt: number): [string, Model] {
  if (!model.alive || model.end <= now || endsAt <= now) return ['unknown', model]
  if (model.redeemed) return ['reused', { ...model, alive: false }]
  const refreshEnd = Math.min(now + TTL, endsAt)
  const end = Math.max(refreshEnd, Math.min(now + ACCESS, endsAt))
  return ['issued', { ...model, redeemed: true, generation: 0, refreshEnd, end }]
}

function specRefresh(
  model: Model,
  asked: { generation: number; now: number; grace: number; endsAt: number },
): [string, Model] {
  const { generation, now, grace, endsAt } = asked
  if (!model.alive || model.end <= now) return ['unknown', model]
  const behind = model.generation - generation
  const age = Math.max(0, now - (model.rotated[generation] ?? now))
  if (behind > 0 && (age >= grace || behind > MAX_ROTATIONS)) return ['reused', { ...model, alive: false }]
  if (behind > 1) return ['superseded', model]
  if (model.refreshEnd <= now) return ['expired', model]
  const accessEnd = Math.min(now + ACCESS, endsAt)
  if (behind === 1) return ['replayed', { ...model, end: Math.max(model.end, accessEnd) }]
  const refreshEnd = Math.min(now + TTL, endsAt)
  const rotated = model.rotated.slice()
  rotated[generation] = now
  return [
    'issued',
    { ...model, generation: generation + 1, rotated, refreshEnd, end: Math.max(refreshEnd, accessEnd) },
  ]
}

/** Whether the record is what the model says. */
function agrees(grant: Grant | undefined, model: Model, now: number): boolean {
  if (!model.alive || model.end <= now) return grant === undefined
  if (grant === undefined || grant.redeemed !== model.redeemed || grant.expires_at < model.end) return false
  if (!model.redeemed) return grant.refresh === null
  return grant.refresh?.generation === model.generation && grant.refresh.expires_at === model.refreshEnd
}

const faults = fc.array(fc.constantFrom<Fault>('none', 'before', 'after'), { maxLength: 3 })
const readFault = fc.option(fc.nat(3), { nil: -1, freq: 8 })
const step = fc.record({
  op: fc.oneof(
    { weight: 8, arbitrary: fc.constant('refresh' as const) },
    { weight: 2, arbitrary: fc.constant('redeem' as const) },
    { weight: 1, arbitrary: fc.constant('revoke' as const) },
    { weight: 2, arbitrary: fc.constant('revoke_access' as const) },
  ),
  /** How far back among the refresh tokens received: mostly the newest. */
  back: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 2, arbitrary: fc.nat(12) },
  ),
  wait: fc.oneof(
    { weight: 6, arbitrary: fc.nat(3) },
    { weight: 2, arbitrary: fc.nat(15) },
    { weight: 1, arbitrary: fc.nat(TTL + 20) },
  ),
  narrow: fc.boolean(),
  faults,
  readFault,
})

describe('grants: any schedule, against a model', () => {
  test('redeem, refresh with any earlier token, revoke and time agree with the rules, whatever write is unknown', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 10, 30),
        fc.constantFrom(null, T + 400, T + 20),
        fc.array(step, { minLength: 1, maxLength: 24, size: 'max' }),
        async (grace, ends_at, steps) => {
          const store = new FaultyMemoryStore()
          await store.create('grant', 'g', unredeemed({ ends_at }), T)
          const call = callers(store, grace)
          const endsAt = ends_at ?? Number.MAX_SAFE_INTEGER
          let model: Model = {
            alive: true,
            redeemed: false,
            generation: -1,
            rotated: [],
            refreshEnd: 0,
            end: T + 60,
          }
          const received: number[] = []
          const tokens: { token: AccessTokenFacts; scope: string; revoked: boolean }[] = []
          let now = T

          const redemption = {
            op: 'redeem' as const,
            back: 0,
            wait: 1,
            narrow: false,
            faults: [],
            readFault: -1,
          }
          const sequence = steps[0]?.narrow ? steps : [redemption, ...steps]
          for (const { op, back, wait, narrow, faults, readFault } of sequence) {
            now += wait
            const generation = received.at(-1 - back)
            const living = tokens.filter(({ token, revoked }) => !revoked && token.expires_at > now)
            const target = living.at(-1 - (back % Math.max(1, living.length)))
            if (op === 'refresh' && generation === undefined) continue
            if (op === 'revoke_access' && target === undefined) continue

            const left = faults.slice()
            let reads = 0
            store.fault = ({ verb }) => {
              if (verb === 'read') return reads++ === readFault ? 'before' : 'none'
              return left.shift() ?? 'none'
            }
            const scope = narrow ? 'read' : undefined
            let run: Promise<{ result: string; tokens?: PreparedTokens } | boolean | undefined>
            let expected: [string, Model]
            if (op === 'redeem') {
              expected = specRedeem(model, now, endsAt)
              run = call.redeem(now)
            } else if (op === 'refresh') {
              expected = specRefresh(model, { generation: generation as number, now, grace, endsAt })
              run = call.refresh(generation as number, now, scope)
            } else if (op === 'revoke') {
              expected = ['revoked', { ...model, alive: false }]
              run = call.revoke()
            } else {
              expected = [model.alive && model.end > now ? 'true' : 'false', model]
              run = call.revokeAccessToken((target as { token: AccessTokenFacts }).token, now)
            }
            const answer = await run.catch((error: unknown) => {
              assert.ok(error instanceof StoreUnavailable, `${error}`)
              return error
            })
            store.fault = () => 'none'
            const grant = await call.look(now)

            if (answer instanceof StoreUnavailable) {
              // Nobody can say: the step has happened as the rules say, or not at all. Nothing in between.
              assert.ok(readFault >= 0 && reads > readFault, 'an error needs a cause')
              const [before, after] = [agrees(grant, model, now), agrees(grant, expected[1], now)]
              assert.ok(before || after, 'neither as before nor as decided')
              if (after) model = expected[1]
              if (op === 'revoke_access' && grant !== undefined && target !== undefined) {
                target.revoked = accessTokenTerms(grant, target.token) === undefined
              }
              seen.add('unavailable')
            } else {
              const result =
                op === 'revoke' ? 'revoked' : typeof answer === 'boolean' ? `${answer}` : answer?.result
              assert.equal(result, expected[0])
              model = expected[1]
              assert.ok(agrees(grant, model, now), `after ${op}: ${result}`)
              seen.add(`${op} ${result}`)
              if (target !== undefined && result === 'true') target.revoked = true
              if (typeof answer === 'object' && answer.tokens !== undefined) {
                const { tokens: prepared } = answer
                assert.deepEqual(prepared.refresh, {
                  generation: model.generation,
                  expires_at: model.refreshEnd,
                })
                received.push(model.generation)
                assert.equal(prepared.terms.scope, op === 'refresh' && narrow ? 'read' : SCOPE)
                tokens.push({ token: accessToken(prepared), scope: prepared.terms.scope, revoked: false })
              }
            }

            // Access tokens: good with their own scope until they end, are revoked or the grant goes.
            if (grant === undefined) assert.ok(!model.alive || model.end <= now)
            for (const { token, scope, revoked } of grant === undefined ? [] : tokens) {
              if (token.expires_at <= now) continue
              assert.equal(accessTokenTerms(grant as Grant, token)?.scope, revoked ? undefined : scope)
            }
            // At most one living generation: every token ever received leads to the current one or nowhere.
            let current = 0
            for (const earlier of new Set(received)) {
              const probe = refresh(grant, refreshInput(earlier, { lifetimes: lifetimes(grace) }), now)
              if (grant === undefined) assert.deepEqual(probe, { answer: { result: 'unknown' } })
              if (probe.answer.result === 'issued') current++
              if (probe.answer.result === 'replayed') {
                assert.equal(earlier, model.generation - 1)
                assert.equal(preparedOf(probe.answer).refresh?.generation, model.generation)
              }
            }
            assert.ok(current <= 1, `${current} living refresh tokens`)
          }
        },
      ),
      { numRuns: runs(3000) },
    )
    // The schedules are worth something only if they reach every answer.
    for (const answer of ['issued', 'replayed', 'superseded', 'reused', 'unknown']) {
      assert.ok(seen.has(`refresh ${answer}`), `no schedule reached: refresh ${answer}`)
    }
    for (const answer of [
      'redeem issued',
      'redeem reused',
      'revoke_access true',
      'revoke revoked',
      'unavailable',
    ]) {
      assert.ok(seen.has(answer), `no schedule reached: ${answer}`)
    }
  })

  test('after a detected reuse or a revocation nothing works any more, ever', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('code', 'refresh', 'revoke'),
        fc.array(fc.record({ wait: fc.nat(40), generation: fc.nat(8) }), { maxLength: 10 }),
        async (rotations, end, later) => {
          const store = new FaultyMemoryStore()
          await store.create('grant', 'g', unredeemed(), T)
          const call = callers(store, 10)
          let now = T
          const first = await call.redeem(now)
          for (let generation = 0; generation < rotations; generation++) {
            now += 11
            assert.equal((await call.refresh(generation, now)).result, 'issued')
          }
          now += 11
          if (end === 'code') assert.equal((await call.redeem(now)).result, 'reused')
          if (end === 'refresh') assert.equal((await call.refresh(rotations - 1, now)).result, 'reused')
          if (end === 'revoke') await call.revoke()
          for (const { wait, generation } of later) {
            now += wait
            assert.equal((await call.refresh(generation, now)).result, 'unknown')
            assert.equal((await call.redeem(now)).result, 'unknown')
            assert.equal(await call.revokeAccessToken(accessToken(preparedOf(first)), now), false)
            assert.equal(await call.look(now), undefined)
          }
        },
      ),
      { numRuns: runs(300) },
    )
  })
})

describe('grants: interleaved callers', () => {
  const round = fc.record({
    duplicates: fc.integer({ min: 1, max: 4 }),
    /** Which answers never arrive. */
    lost: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    skew: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 8, maxLength: 8 }),
    /** A slow duplicate of the token of so many rounds ago comes along. */
    stray: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 2 }),
    pause: fc.nat(200),
    narrow: fc.boolean(),
  })
  const faultStream = fc.infiniteStream(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Fault>('none') },
      { weight: 1, arbitrary: fc.constant<Fault>('before') },
      { weight: 1, arbitrary: fc.constant<Fault>('after') },
    ),
  )

  test('a client that only uses the newest token it received, or repeats it, is never logged out by its duplicates', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        faultStream,
        fc.array(round, { minLength: 1, maxLength: 7, size: 'max' }),
        async (scheduler, faults, rounds) => {
          const grace = 60
          const store = new FaultyMemoryStore()
          const call = callers(store, grace)
          await store.create('grant', 'g', redeemed(T), T)
          store.fault = ({ verb }) => {
            const fault = verb === 'replace' ? (faults.next().value as Fault) : 'none'
            return scheduler.schedule(Promise.resolve(fault), verb)
          }
          let now = T
          let newest = 0
          /** When each token was first sent: only those within the grace may still be under way. */
          const firstSent = new Map<number, number>()
          for (const { duplicates, lost, skew, stray, pause, narrow } of rounds) {
            const since = now - (grace - 5)
            const recent = [...firstSent].filter(([, at]) => at > since).map(([generation]) => generation)
            const old = stray === null ? undefined : recent.at(-stray)
            const sent = Array.from({ length: duplicates }, () => newest)
            if (old !== undefined) sent.push(old)
            if (!firstSent.has(newest)) firstSent.set(newest, now)
            const answers = await scheduler.waitFor(
              Promise.all(
                sent.map((generation, at) =>
                  call.refresh(
                    generation,
                    now + (skew[at] ?? 0),
                    narrow && at % 2 === 1 ? 'read' : undefined,
                  ),
                ),
              ),
            )
            let arrived = -1
            for (const [at, answer] of answers.entries()) {
              seen.add(answer.result)
              assert.ok(['issued', 'replayed', 'superseded'].includes(answer.result), answer.result)
              if (at < duplicates) assert.notEqual(answer.result, 'superseded')
              if (lost[at] || !('tokens' in answer)) continue
              arrived = Math.max(arrived, answer.tokens.refresh?.generation ?? -1)
            }
            // Only one lineage: whatever was given in this round leads on from the token that was sent.
            assert.ok(arrived <= newest + 1)
            if (arrived > newest) {
              newest = arrived
              now += pause
            } else {
              now += 1
            }
          }
          store.fault = () => 'none'
          const last = await call.refresh(newest, now)
          assert.ok(last.result === 'issued' || last.result === 'replayed', `at the end: ${last.result}`)
        },
      ),
      { numRuns: runs(600) },
    )
    assert.deepEqual([...seen].sort(), ['issued', 'replayed', 'superseded'])
  })

  for (const kind of ['code', 'refresh token'] as const) {
    test(`one use of a ${kind} never accuses itself: no unknown write, however others interleave, revokes`, async () => {
      let unavailable = 0
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          faultStream,
          fc.integer({ min: 0, max: 3 }),
          async (scheduler, faults, others) => {
            const store = new FaultyMemoryStore()
            // Strict: any second use of a refresh token would be reuse.
            const call = callers(store, 0)
            // Access tokens of generation 0, whose revocations write to the same record meanwhile.
            const base = redeemed(T)
            const start = kind === 'refresh token' ? base : { ...base, redeemed: false, refresh: null }
            await store.create('grant', 'g', frozen(start), T)
            let deleted = false
            store.fault = ({ verb }) => {
              if (verb === 'delete') deleted = true
              const fault = verb === 'replace' ? (faults.next().value as Fault) : 'none'
              return scheduler.schedule(Promise.resolve(fault), verb)
            }
            const prepared = { profile: 0, terms: { scope: SCOPE }, issued_at: T, access_expires_at: T + 50 }
            const use: Promise<{ result: string }> = kind === 'code' ? call.redeem(T) : call.refresh(0, T)
            const used = use.catch((error: unknown) => {
              assert.ok(error instanceof StoreUnavailable)
              unavailable++
              return { result: 'unavailable' }
            })
            const revocations = Array.from({ length: others }, (_, at) =>
              call.revokeAccessToken(accessToken(prepared, `other-${at}`), T),
            )
            const [answer] = await scheduler.waitFor(Promise.all([used, ...revocations]))
            assert.ok(['issued', 'unavailable'].includes((answer as { result: string }).result))
            assert.equal(deleted, false)
            assert.notEqual(await call.look(T), undefined)
          },
        ),
        { numRuns: runs(600) },
      )
      assert.ok(unavailable > 0, 'no schedule had another write on top of an own unknown one')
    })
  }

  test('of any number of interleaved uses of one code at most one is issued, whatever write is unknown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        faultStream,
        fc.integer({ min: 2, max: 6 }),
        async (scheduler, faults, uses) => {
          const store = new FaultyMemoryStore()
          await store.create('grant', 'g', unredeemed(), T)
          const call = callers(store, 10)
          store.fault = ({ verb }) => {
            const fault = verb === 'replace' ? (faults.next().value as Fault) : 'none'
            return scheduler.schedule(Promise.resolve(fault), verb)
          }
          const answers = await scheduler.waitFor(
            Promise.all(
              Array.from({ length: uses }, () =>
                call.redeem(T).catch((error: unknown) => {
                  assert.ok(error instanceof StoreUnavailable)
                  return { result: 'unavailable' }
                }),
              ),
            ),
          )
          assert.ok(answers.filter(({ result }) => result === 'issued').length <= 1)
        },
      ),
      { numRuns: runs(600) },
    )
  })
})
