import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { type Attempt, Throttle } from '../../src/throttle/throttle.ts'
import { KEY } from '../support/server.ts'

const T = 1_000_000

const fresh = (store = new MemoryStore(10_000)) => new Throttle(store, new Keys([KEY]))
const stranger = (account: string, address = '192.0.2.1'): Attempt => ({
  account,
  address,
  device: undefined,
})
const device = (id: string, address = '192.0.2.1'): Attempt => ({ account: 'ada', address, device: id })

/** A guess that turns out wrong; gives the seconds to wait, 0 where it was looked at. */
async function wrong(throttle: Throttle, attempt: Attempt, now = T): Promise<number> {
  return (await throttle.take(attempt, now)).seconds
}

/** A guess that turns out right. */
async function right(throttle: Throttle, attempt: Attempt, now = T): Promise<number> {
  const { seconds, giveBack } = await throttle.take(attempt, now)
  await giveBack()
  return seconds
}

async function times<A>(count: number, call: (at: number) => Promise<A>): Promise<A[]> {
  const all: A[] = []
  for (let at = 0; at < count; at++) all.push(await call(at))
  return all
}

const lookedAt = (waits: readonly number[]) => waits.filter((seconds) => seconds === 0).length

/** A throttle where every address has used its free tries up: each guess is for another account. */
async function exhausted(addresses: readonly string[]): Promise<Throttle> {
  const throttle = fresh()
  await times(51, (at) => wrong(throttle, stranger(`somebody${at}`, addresses[at % addresses.length])))
  return throttle
}

async function waits(throttle: Throttle, address: string): Promise<boolean> {
  return (await right(throttle, stranger('else', address))) > 0
}

describe('addresses', () => {
  test('fifty failures from one address, then it waits; others do not', async () => {
    const throttle = await exhausted(['192.0.2.1'])
    assert.equal(await waits(throttle, '192.0.2.1'), true)
    assert.equal(await waits(throttle, '192.0.2.2'), false)
  })

  test('all addresses of an IPv6 /64 are one, however they are spelled', async () => {
    const spellings = [
      '2001:db8::1',
      '2001:db8:0:0:ffff::2',
      '2001:db8::3:4:5:6',
      '2001:DB8::A',
      '2001:0db8:0000:0000:0000:0000:0000:0001',
      '2001:db8:0:0::',
      '2001:db8::192.0.2.1',
      '2001:db8::1%eth0',
      '[2001:DB8::7]',
      '[2001:db8::1%25eth0]:443',
    ]
    for (const spelling of spellings) {
      const throttle = await exhausted([spelling])
      for (const other of spellings) assert.equal(await waits(throttle, other), true, `${spelling}, ${other}`)
      for (const other of ['2001:db8:0:1::1', '2001:db9::1', '192.0.2.1', '::1'])
        assert.equal(await waits(throttle, other), false, `${spelling}, ${other}`)
    }
  })

  test('an IPv4 address is one with its IPv6-mapped spellings (RFC 4291 section 2.5.5.2)', async () => {
    const spellings = [
      '192.0.2.1',
      '::ffff:192.0.2.1',
      '::FFFF:192.0.2.1',
      '::ffff:c000:201',
      '::ffff:C000:0201',
      '0:0:0:0:0:ffff:192.0.2.1',
      '0000:0000:0000:0000:0000:ffff:c000:0201',
      '::ffff:192.0.2.1%eth0',
      '192.0.2.1:4711',
      '[::ffff:c000:201]:80',
    ]
    for (const spelling of spellings) {
      const throttle = await exhausted([spelling])
      for (const other of spellings) assert.equal(await waits(throttle, other), true, `${spelling}, ${other}`)
      // Of all mapped addresses one /64 would be made, and one stranger would lock everybody out.
      for (const other of ['192.0.2.2', '::ffff:192.0.2.2', '::ffff:c000:202', '::192.0.2.1', '::1'])
        assert.equal(await waits(throttle, other), false, `${spelling}, ${other}`)
    }
  })

  test('a port that a proxy writes behind the address does not make it another', async () => {
    const throttle = await exhausted(['192.0.2.1:1000', '192.0.2.1:1001', '192.0.2.1'])
    assert.equal(await waits(throttle, '192.0.2.1:4711'), true)
    assert.equal(await waits(throttle, '[2001:db8::1]:80'), false)
    const v6 = await exhausted(['[2001:db8::1]:1000', '2001:db8::2'])
    assert.equal(await waits(v6, '[2001:db8::3]:9'), true)
  })

  test('what is no address is one address', async () => {
    const throttle = await exhausted(['unknown', '_hidden', '', '1.2.3', '01.2.3.4', '[::1', '2001:db8::1%'])
    assert.equal(await waits(throttle, 'anything'), true)
  })
})

describe('one account', () => {
  test('fifty guesses at once get exactly five turns; when the wait is over, exactly one', async () => {
    const throttle = fresh()
    const burst = (now: number) =>
      Promise.all(Array.from({ length: 50 }, () => wrong(throttle, stranger('ada'), now)))
    const first = await burst(T)
    assert.equal(lookedAt(first), 5)
    assert.deepEqual(new Set(first), new Set([0, 2]), 'who must wait is told the wait of a row')
    for (const [now, next] of [
      [T + 2, 4],
      [T + 6, 8],
      [T + 14, 16],
    ] as const) {
      const again = await burst(now)
      assert.equal(lookedAt(again), 1)
      assert.deepEqual(new Set(again), new Set([0, next]))
    }
  })

  test('what must wait is not counted, however often it comes', async () => {
    const throttle = fresh()
    await times(5, () => wrong(throttle, stranger('ada')))
    assert.deepEqual(new Set(await times(50, () => wrong(throttle, stranger('ada')))), new Set([2]))
    assert.equal(await right(throttle, stranger('ada'), T + 2), 0)
  })

  test('who is right is never slowed by that: fifty in a row, two at once, also after failures', async () => {
    const throttle = fresh()
    for (const failures of [0, 4, 3]) {
      await times(failures, () => wrong(throttle, stranger('ada'), T + 10))
      assert.equal(lookedAt(await times(50, () => right(throttle, stranger('ada'), T + 1000))), 50)
    }
    const other = fresh()
    await times(7, (at) => wrong(other, stranger('ada'), T + 2 ** at))
    // The wait after them is over, and no success begins it anew.
    assert.equal(lookedAt(await times(50, () => right(other, stranger('ada'), T + 200))), 50)
    const tabs = fresh()
    await times(3, () => wrong(tabs, stranger('ada')))
    const together = await Promise.all([1, 2].map(() => tabs.take(stranger('ada'), T)))
    assert.deepEqual(
      together.map(({ seconds }) => seconds),
      [0, 0],
    )
    for (const { giveBack } of together) await giveBack()
    assert.equal(await wrong(tabs, stranger('ada')), 0)
  })

  test('a success leaves nothing in the store', async () => {
    const store = new MemoryStore()
    const throttle = fresh(store)
    await right(throttle, stranger('ada'))
    await right(throttle, device('phone'))
    assert.equal(store.size('counter'), 0)
  })

  test('a guess that the store could count at one place only is not looked at and counts nowhere', async () => {
    const store = new MemoryStore()
    const throttle = fresh(store)
    const increment = store.increment.bind(store)
    let calls = 0
    store.increment = async (...of) => {
      if (++calls % 2 === 0) throw new StoreUnavailable('injected')
      return increment(...of)
    }
    for (let at = 0; at < 10; at++) await assert.rejects(wrong(throttle, stranger('ada')), StoreUnavailable)
    assert.equal(store.size('counter'), 0)
  })

  test('a guess whose taking back fails half-way is not taken back twice: that would be the failure of another', async () => {
    const store = new MemoryStore()
    const throttle = fresh(store)
    await times(5, () => wrong(throttle, stranger('ada')))
    const counted: string[] = []
    const decrement = store.decrement.bind(store)
    store.decrement = async (id, ends) => {
      await decrement(id, ends)
      counted.push(id)
      throw new StoreUnavailable('injected')
    }
    const late = [1, 2, 3].map(() => wrong(throttle, stranger('ada'), T + 2).catch(() => -1))
    await Promise.all(late)
    assert.equal(new Set(counted).size, 1)
    assert.equal(counted.length, 2)
    assert.equal(await wrong(throttle, stranger('ada'), T + 2), 4)
  })
})

describe('a flood', () => {
  test('a thousand guesses at once get five turns, and what they take back takes no failure with it', async () => {
    const throttle = fresh()
    const burst = () => Promise.all(Array.from({ length: 1000 }, () => wrong(throttle, stranger('ada'))))
    assert.equal(lookedAt(await burst()), 5)
    assert.equal(lookedAt(await burst()), 0)
    assert.equal(await wrong(throttle, stranger('ada')), 2)
  })
})

describe('known devices', () => {
  test('strangers at every address, its own too, never delay a known device', async () => {
    const throttle = fresh()
    await times(60, (at) => wrong(throttle, stranger(at % 2 ? 'ada' : `other${at}`)))
    await times(60, (at) => wrong(throttle, stranger(`another${at}`)))
    assert.ok((await wrong(throttle, stranger('ada'))) > 0)
    assert.ok((await wrong(throttle, stranger('newcomer'))) > 0)
    assert.equal(lookedAt(await times(10, () => wrong(throttle, device('phone')))), 10)
    assert.equal(await wrong(throttle, device('phone')), 2)
  })

  test('fifty guesses of one device at once get exactly ten turns', async () => {
    const throttle = fresh()
    const burst = Array.from({ length: 50 }, () => wrong(throttle, device('phone')))
    assert.equal(lookedAt(await Promise.all(burst)), 10)
  })

  test('thirty device cookies are hardly better than one: twenty turns together, then one for each', async () => {
    for (const together of [false, true]) {
      const throttle = fresh()
      const guess = (at: number) => wrong(throttle, device(`cookie${at % 30}`))
      const all = together
        ? await Promise.all(Array.from({ length: 300 }, (_, at) => guess(Math.floor(at / 10))))
        : await times(300, (at) => guess(Math.floor(at / 10)))
      assert.ok(lookedAt(all) <= 50, `${lookedAt(all)} turns`)
      const minute = await times(300, (at) => wrong(throttle, device(`cookie${at % 30}`), T + 63))
      assert.equal(lookedAt(minute), 0)
    }
  })

  test('one device never delays another; what they fail together only makes own failures dearer', async () => {
    const throttle = fresh()
    for (let at = 0; at < 10; at++) await times(10, () => wrong(throttle, device(`cookie${at}`)))
    assert.equal(await right(throttle, device('phone')), 0)
    // A slip costs a minute, and no more than that.
    assert.equal(await wrong(throttle, device('phone')), 0)
    assert.equal(await right(throttle, device('phone')), 64)
    assert.equal(await right(throttle, device('phone'), T + 64), 0)
    assert.equal(await right(throttle, device('tablet')), 0)
  })

  test("a device's failures count at its address, where they make strangers wait, and not itself", async () => {
    const throttle = fresh()
    for (let at = 0; at < 40; at++) await times(3, () => wrong(throttle, device(`cookie${at}`)))
    assert.ok((await wrong(throttle, stranger('newcomer'))) > 0)
    assert.equal(await wrong(throttle, stranger('newcomer', '192.0.2.2')), 0)
    assert.equal(await right(throttle, device('phone')), 0)
    assert.equal(
      await wrong(throttle, stranger('ada', '192.0.2.2')),
      0,
      "nor the account's strangers elsewhere",
    )
  })
})
