import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Grant } from '../../src/grants/grant.ts'
import { type RedeemAnswer, redeem } from '../../src/grants/redeem.ts'
import { type RefreshAnswer, refresh } from '../../src/grants/refresh.ts'
import { randomText } from '../../src/secrets/random.ts'
import type { Store, StoredRecord } from '../../src/store/store.ts'
import { TALLIED } from '../../src/store/tally.ts'
import { update } from '../../src/store/update.ts'
import { frozen, redeemed, redeemInput, refreshInput, unredeemed } from '../grants/example.ts'

interface Note extends StoredRecord {
  text: string
}

// The wall clock's second when a test begins: a store that also expires by itself must not find the examples in the past.
let T = Math.floor(Date.now() / 1000)
const CALLERS = 50

// An example of a grant, by the time of the test and not of its file.
const later = () => ({ expires_at: T + 60, linked_until: T + 60 })

function note(text: string, revision = `revision-${text}`, expires_at = T + 100): Note {
  return frozen({ text, revision, expires_at })
}

function crowd<A>(call: (caller: number) => Promise<A>): Promise<A[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
}

function fresh(): string {
  return randomText(12)
}

/** Every member of an index, over all its pages. */
async function listAll(store: Store, index: string, now: number): Promise<string[]> {
  const members: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list(index, now, cursor)
    members.push(...page.members)
    cursor = page.cursor
  } while (cursor !== undefined)
  return members
}

/** What every store must do. `open` gives a store of the same data or of its own: keys are random. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  const rule = (title: string, check: (store: Store) => Promise<void>) =>
    test(title, async () => {
      T = Math.floor(Date.now() / 1000)
      const store = await open()
      try {
        await check(store)
      } finally {
        await store.close()
      }
    })

  describe(`${name}: records`, () => {
    rule('create writes a record that read gives back whole', async (store) => {
      const id = fresh()
      const record = frozen({
        ...note('a'),
        client_id: 'app',
        list: [1, [2, null]],
        text: 'ü "\\ \u0000 \u2028 🗝',
        none: null,
      })
      assert.equal(await store.create('grant', id, record, T), 'won')
      assert.deepEqual(await store.read('grant', id, T), record)
    })

    rule('read of an unknown key is undefined', async (store) => {
      assert.equal(await store.read('grant', fresh(), T), undefined)
    })

    rule('create where a record lives is lost and leaves it as it is', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a'), T)
      assert.equal(await store.create('grant', id, note('b'), T), 'lost')
      assert.equal((await store.read<Note>('grant', id, T))?.text, 'a')
    })

    rule('one key may name a record of each kind', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('grant'), T)
      assert.equal(await store.create('session', id, note('session'), T), 'won')
      await store.delete('session', id)
      assert.equal((await store.read<Note>('grant', id, T))?.text, 'grant')
    })

    rule('replace wins where the revision is unchanged', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1'), T)
      assert.equal(await store.replace('grant', id, 'r1', note('b', 'r2'), T), 'won')
      assert.deepEqual(await store.read('grant', id, T), note('b', 'r2'))
    })

    rule('replace with a stale revision is lost and changes nothing', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1'), T)
      await store.replace('grant', id, 'r1', note('b', 'r2'), T)
      assert.equal(await store.replace('grant', id, 'r1', note('c', 'r3'), T), 'lost')
      assert.equal((await store.read<Note>('grant', id, T))?.text, 'b')
    })

    rule('replace of a record that is not there is lost and creates nothing', async (store) => {
      const id = fresh()
      assert.equal(await store.replace('grant', id, 'r1', note('a', 'r2'), T), 'lost')
      assert.equal(await store.read('grant', id, T), undefined)
    })

    rule('delete is idempotent: it wins whether or not there was a record', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a'), T)
      assert.equal(await store.delete('grant', id), 'won')
      assert.equal(await store.read('grant', id, T), undefined)
      assert.equal(await store.delete('grant', id), 'won')
      assert.equal(await store.create('grant', id, note('b'), T), 'won')
    })

    rule('a durable record without an end stays', async (store) => {
      const id = fresh()
      const record = frozen({ revision: 'r1', schema: 2, text: 'a' })
      await store.create('consent', id, record, T)
      assert.deepEqual(await store.read('consent', id, T + 400_000_000), record)
      assert.equal(await store.replace('consent', id, 'r1', { revision: 'r2' }, T + 400_000_000), 'won')
    })

    rule("ping resolves where the store answers, and compares the store's clock with ours", async (store) => {
      // One machine, however busy.
      assert.ok(Math.abs((await store.ping()).clock_skew) < 30)
      assert.ok(Math.abs(store.clock() - Date.now() / 1000) < 30)
    })
  })

  describe(`${name}: expiry by the caller's clock`, () => {
    rule('a record lives until its end and not a second longer', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1', T + 10), T)
      assert.notEqual(await store.read('grant', id, T + 9), undefined)
      assert.equal(await store.read('grant', id, T + 10), undefined)
    })

    rule('past its end a record cannot be replaced', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1', T + 10), T)
      assert.equal(await store.replace('grant', id, 'r1', note('b', 'r2'), T + 10), 'lost')
      assert.equal(await store.read('grant', id, T + 10), undefined)
    })

    rule('past its end a record leaves its key to another', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1', T + 10), T)
      assert.equal(await store.create('grant', id, note('b', 'r2', T + 30), T + 10), 'won')
      assert.equal((await store.read<Note>('grant', id, T + 10))?.text, 'b')
    })

    rule('replace moves the end, later and earlier', async (store) => {
      const id = fresh()
      await store.create('grant', id, note('a', 'r1', T + 10), T)
      await store.replace('grant', id, 'r1', note('b', 'r2', T + 50), T)
      assert.equal((await store.read<Note>('grant', id, T + 49))?.text, 'b')
      await store.replace('grant', id, 'r2', note('c', 'r3', T + 20), T)
      assert.equal((await store.read<Note>('grant', id, T + 19))?.text, 'c')
      assert.equal(await store.read('grant', id, T + 20), undefined)
    })
  })

  describe(`${name}: one winner`, () => {
    rule(`of ${CALLERS} concurrent creates one wins and its record stays`, async (store) => {
      const id = fresh()
      const outcomes = await crowd((caller) => store.create('grant', id, note(`${caller}`), T))
      assert.equal(outcomes.filter((outcome) => outcome === 'won').length, 1)
      assert.equal((await store.read<Note>('grant', id, T))?.text, `${outcomes.indexOf('won')}`)
    })

    rule(`of ${CALLERS} concurrent replaces of one revision one wins and its record stays`, async (store) => {
      const id = fresh()
      await store.create('grant', id, note('start', 'r1'), T)
      const outcomes = await crowd((caller) => store.replace('grant', id, 'r1', note(`${caller}`), T))
      assert.equal(outcomes.filter((outcome) => outcome === 'won').length, 1)
      assert.equal(outcomes.filter((outcome) => outcome === 'lost').length, CALLERS - 1)
      assert.equal((await store.read<Note>('grant', id, T))?.text, `${outcomes.indexOf('won')}`)
    })

    rule('a replace and a delete of one record: the record is gone in either order', async (store) => {
      const id = fresh()
      await store.create('session', id, note('a', 'r1'), T)
      await Promise.all([store.replace('session', id, 'r1', note('b', 'r2'), T), store.delete('session', id)])
      assert.equal(await store.read('session', id, T), undefined)
    })

    rule(`${CALLERS} concurrent updates of one record are all in it`, async (store) => {
      const id = fresh()
      await store.create('grant', id, { revision: 'r1', expires_at: T + 100, n: 0 } as StoredRecord, T)
      type Counted = StoredRecord & { n: number }
      const answers = await crowd(() =>
        update<Counted, number>(store, { kind: 'grant', id, now: T }, (record) => {
          const n = (record as Counted).n + 1
          return { next: { expires_at: T + 100, n }, answer: n }
        }),
      )
      assert.equal((await store.read<Counted>('grant', id, T))?.n, CALLERS)
      assert.equal(new Set(answers).size, CALLERS)
    })
  })

  describe(`${name}: counters`, () => {
    rule(`of ${CALLERS} concurrent increments each sees another count before it`, async (store) => {
      const id = fresh()
      const before = await crowd(() => store.increment(id, T + 60, T))
      assert.deepEqual(
        before.map((counter) => counter?.count ?? 0).sort((a, b) => a - b),
        Array.from({ length: CALLERS }, (_, at) => at),
      )
      assert.equal((await store.counters([id], T))[0]?.count, CALLERS)
    })

    rule('a count ends with its last increment', async (store) => {
      const id = fresh()
      assert.equal(await store.increment(id, T + 10, T), undefined)
      assert.deepEqual(await store.increment(id, T + 19, T + 9), { count: 1, expires_at: T + 10 })
      assert.deepEqual(await store.counters([id], T + 18), [{ count: 2, expires_at: T + 19 }])
      assert.deepEqual(await store.counters([id], T + 19), [undefined])
      assert.equal(await store.increment(id, T + 29, T + 19), undefined)
      assert.equal((await store.counters([id], T + 19))[0]?.count, 1)
    })

    rule('an increment that is taken back was never there: neither its count nor its end', async (store) => {
      const id = fresh()
      await store.increment(id, T + 10, T)
      await store.increment(id, T + 15, T + 5)
      await store.increment(id, T + 15, T + 5)
      await store.decrement(id, T + 15)
      assert.deepEqual(await store.counters([id], T + 5), [{ count: 2, expires_at: T + 15 }])
      await store.decrement(id, T + 15)
      assert.deepEqual(await store.counters([id], T + 5), [{ count: 1, expires_at: T + 10 }])
      await store.decrement(id, T + 10)
      assert.deepEqual(await store.counters([id], T + 5), [undefined])
      assert.equal(await store.increment(id, T + 20, T + 5), undefined)
    })

    rule('what is not there is not taken back', async (store) => {
      const id = fresh()
      await store.decrement(id, T + 10)
      await store.increment(id, T + 10, T)
      await store.decrement(id, T + 11)
      assert.deepEqual(await store.counters([id], T), [{ count: 1, expires_at: T + 10 }])
    })

    rule(`${CALLERS} callers who all take theirs back leave what was there before them`, async (store) => {
      const id = fresh()
      await store.increment(id, T + 10, T)
      await crowd(async (caller) => {
        await store.increment(id, T + 20 + (caller % 3), T)
        await store.decrement(id, T + 20 + (caller % 3))
      })
      assert.deepEqual(await store.counters([id], T), [{ count: 1, expires_at: T + 10 }])
    })

    rule(
      'however many come at once, none of the others is lost with those that are taken back',
      async (store) => {
        const id = fresh()
        for (let at = 0; at < 5; at++) await store.increment(id, T + 10, T)
        for (let at = 0; at < 300; at++) await store.increment(id, T + 60, T)
        for (let at = 0; at < 300; at++) await store.decrement(id, T + 60)
        assert.deepEqual(await store.counters([id], T), [{ count: 5, expires_at: T + 10 }])
      },
    )

    rule('a counter tells so many seconds apart; of those before them it keeps the count', async (store) => {
      const id = fresh()
      // Not in their order, as nodes may have it whose clocks differ.
      for (let at = 0; at < 2 * TALLIED; at++) await store.increment(id, T + 100 + (at ^ 1), T)
      const last = T + 100 + 2 * TALLIED - 1
      assert.deepEqual(await store.counters([id], T), [{ count: 2 * TALLIED, expires_at: last }])
      await store.decrement(id, T + 100)
      await store.decrement(id, last)
      assert.deepEqual(await store.counters([id], T), [{ count: 2 * TALLIED - 2, expires_at: last - 1 }])
    })

    rule('counters answers in the order asked, undefined where there is none', async (store) => {
      const [a, b, none] = [fresh(), fresh(), fresh()]
      await store.increment(a, T + 10, T)
      await store.increment(b, T + 10, T)
      await store.increment(b, T + 10, T)
      const found = await store.counters([b, none, a], T)
      assert.deepEqual(
        found.map((counter) => counter?.count),
        [2, undefined, 1],
      )
      assert.deepEqual(await store.counters([], T), [])
    })
  })

  describe(`${name}: indexes`, () => {
    rule('a linked member is listed, each once, until it is unlinked', async (store) => {
      const index = fresh()
      await store.link(index, 'a', T + 100, T)
      await store.link(index, 'b', T + 100, T)
      await store.link(index, 'a', T + 100, T)
      assert.deepEqual((await listAll(store, index, T)).sort(), ['a', 'b'])
      await store.unlink(index, 'a')
      await store.unlink(index, 'a')
      assert.deepEqual(await listAll(store, index, T), ['b'])
      await store.unlink(index, 'b')
      assert.deepEqual(await listAll(store, index, T), [])
    })

    rule('linking gives the number of members; the same one again does not add to it', async (store) => {
      const index = fresh()
      assert.equal(await store.link(index, 'a', T + 100, T), 1)
      assert.equal(await store.link(index, 'b', T + 100, T), 2)
      assert.equal(await store.link(index, 'a', T + 200, T), 2)
      await store.unlink(index, 'a')
      assert.equal(await store.link(index, 'c', T + 100, T), 2)
    })

    rule('the dead do not count once an index was listed, however many they are', async (store) => {
      const index = fresh()
      for (let at = 0; at < 50; at++) await store.link(index, `dead-${at}`, T + 10, T)
      await store.link(index, 'a', T + 100, T)
      assert.deepEqual(await listAll(store, index, T + 10), ['a'])
      assert.equal(await store.link(index, 'b', T + 100, T + 10), 2)
    })

    rule('an index that nobody wrote is empty; unlinking from it is no error', async (store) => {
      const index = fresh()
      await store.unlink(index, 'a')
      assert.deepEqual(await store.list(index, T), { members: [] })
    })

    rule('indexes do not see each other', async (store) => {
      const [one, other] = [fresh(), fresh()]
      await store.link(one, 'a', T + 100, T)
      assert.deepEqual(await listAll(store, other, T), [])
    })

    rule('a member ends at its own time, and linking it again moves the end', async (store) => {
      const index = fresh()
      await store.link(index, 'a', T + 10, T)
      await store.link(index, 'b', T + 20, T)
      assert.deepEqual((await listAll(store, index, T + 9)).sort(), ['a', 'b'])
      assert.deepEqual(await listAll(store, index, T + 10), ['b'])
      await store.link(index, 'b', T + 40, T + 10)
      // Of two that are made at once, the earlier end may come last.
      await store.link(index, 'b', T + 30, T + 10)
      assert.deepEqual(await listAll(store, index, T + 39), ['b'])
      assert.deepEqual(await listAll(store, index, T + 40), [])
    })

    rule(
      'a long index is listed without its dead members, each living one once, in as many pages as the store likes',
      async (store) => {
        const index = fresh()
        const living = Array.from({ length: 250 }, (_, at) => `living-${at}`)
        for (const [at, member] of living.entries()) {
          await store.link(index, member, T + 100, T)
          if (at % 5 === 0) await store.link(index, `dead-${at}`, T + 10, T)
        }
        assert.deepEqual((await listAll(store, index, T + 10)).sort(), living.sort())
      },
    )

    rule('a member that is there all the time is listed, whatever is linked between pages', async (store) => {
      const index = fresh()
      const members = Array.from({ length: 250 }, (_, at) => `m${at}`)
      for (const member of members) await store.link(index, member, T + 100, T)
      const seen = new Set<string>()
      let cursor: string | undefined
      do {
        const page = await store.list(index, T, cursor)
        for (const member of page.members) seen.add(member)
        cursor = page.cursor
        await store.link(index, fresh(), T + 100, T)
      } while (cursor !== undefined)
      assert.deepEqual(
        members.filter((member) => !seen.has(member)),
        [],
      )
    })

    rule(
      'a member that is there all the time is listed, whatever is unlinked between pages',
      async (store) => {
        const index = fresh()
        const members = Array.from({ length: 250 }, (_, at) => `m${at}`)
        for (const member of members) await store.link(index, member, T + 100, T)
        const seen = new Set<string>()
        let cursor: string | undefined
        do {
          const page = await store.list(index, T, cursor)
          for (const member of page.members) seen.add(member)
          cursor = page.cursor
          // What a "log out everywhere" does: it unlinks what it has just been given.
          for (const member of page.members) await store.unlink(index, member)
        } while (cursor !== undefined)
        assert.deepEqual(
          members.filter((member) => !seen.has(member)),
          [],
        )
      },
    )

    rule('a crash between link and record leaves a link that lists and reads undefined', async (store) => {
      const [index, id] = [fresh(), fresh()]
      await store.link(index, id, T + 100, T)
      assert.deepEqual(await listAll(store, index, T), [id])
      assert.equal(await store.read('grant', id, T), undefined)
    })
  })

  describe(`${name}: grants through the compare-and-swap loop`, () => {
    rule(`of ${CALLERS} concurrent redemptions of one code exactly one is issued`, async (store) => {
      const id = fresh()
      await store.create('grant', id, unredeemed(later()), T)
      const answers = await crowd(() =>
        update<Grant, RedeemAnswer>(store, { kind: 'grant', id, now: T }, (grant) =>
          redeem(frozen(grant), redeemInput(), T),
        ),
      )
      assert.equal(answers.filter(({ result }) => result === 'issued').length, 1)
      assert.ok(answers.some(({ result }) => result === 'reused'))
      assert.equal(await store.read('grant', id, T), undefined)
    })

    rule(`${CALLERS} concurrent refreshes of one token lead to one and the same successor`, async (store) => {
      const id = fresh()
      await store.create('grant', id, redeemed(T, later()), T)
      const answers = await crowd((caller) =>
        // Every caller has another clock, so that each replay has something to write.
        update<Grant, RefreshAnswer>(store, { kind: 'grant', id, now: T + (caller % 7) }, (grant) =>
          refresh(frozen(grant), refreshInput(0), T + (caller % 7)),
        ),
      )
      assert.equal(answers.filter(({ result }) => result === 'issued').length, 1)
      assert.equal(answers.filter(({ result }) => result === 'replayed').length, CALLERS - 1)
      const successors = answers.map((answer) => 'tokens' in answer && JSON.stringify(answer.tokens.refresh))
      assert.equal(new Set(successors).size, 1)
      assert.equal((await store.read<Grant>('grant', id, T))?.refresh?.generation, 1)
    })

    rule('a refresh and a revocation: in either order the grant is gone', async (store) => {
      const id = fresh()
      await store.create('grant', id, redeemed(T, later()), T)
      await Promise.all([
        update<Grant, unknown>(store, { kind: 'grant', id, now: T }, (grant) =>
          refresh(frozen(grant), refreshInput(0), T),
        ),
        store.delete('grant', id),
      ])
      assert.equal(await store.read('grant', id, T), undefined)
    })
  })
}
