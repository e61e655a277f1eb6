import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keys } from '../../src/secrets/keys.ts'
import { Sessions } from '../../src/sessions/sessions.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StoreFull } from '../../src/store/store.ts'
import { KEY } from '../support/server.ts'

const T = 1_000_000
const LOGIN = { amr: ['pwd'], credential: 'c', browser: 'b' }
const brought = (...cookies: string[]) => ({ cookies, browsers: ['b'] })

function rooms(capacity = 10_000, { ttl = 3600, idleTtl = 600 } = {}) {
  const store = new MemoryStore(capacity)
  const sessions = new Sessions({ store, keys: new Keys([KEY]), ttl, idleTtl })
  const begin = async (sub: string, now: number) => {
    const login = { ...LOGIN, sub, proof: undefined, previous: undefined }
    const { cookie, surplus } = await sessions.begin(login, now)
    for (const { id } of surplus) await sessions.end(id)
    return cookie
  }
  return { store, sessions, begin }
}

test('a hundred browsers of one person; beyond it the longest unused give way, never somebody else', async () => {
  const { sessions, begin } = rooms()
  const other = await begin('bob', T)
  const cookies: string[] = []
  for (let at = 0; at < 101; at++) cookies.push(await begin('alice', T + at))
  const lives = async (cookie: string) => (await sessions.find(brought(cookie), T + 101)) !== undefined
  const living = await Promise.all(cookies.map(lives))
  assert.deepEqual(living.indexOf(true), 10)
  assert.equal(living.filter(Boolean).length, 91)
  assert.equal(await lives(other), true)
})

test('a new login in the browser that was not used for longest: its own session before is no surplus', async () => {
  const { sessions, begin } = rooms()
  const oldest = await begin('alice', T)
  for (let at = 1; at < 100; at++) await begin('alice', T + at)
  const previous = await sessions.find(brought(oldest), T + 100)
  const login = { ...LOGIN, sub: 'alice', proof: undefined, previous }
  const { current, surplus } = await sessions.begin(login, T + 100)
  const sids = surplus.map(({ session }) => session.accounts[0]?.sid)
  assert.equal(sids.includes(current.session.accounts[0]?.sid ?? ''), false)
})

test('cookies that are made up, or sent again and again, do not hide the genuine one', async () => {
  const { sessions, begin } = rooms()
  const cookie = await begin('alice', T)
  const forged = Array.from(
    { length: 100 },
    (_, at) => `${cookie.slice(0, -3)}${String(at).padStart(3, '0')}`,
  )
  assert.ok(await sessions.find(brought(...forged, cookie), T))
  const neighbour = await sessions.begin(
    { ...LOGIN, browser: 'other', sub: 'bob', proof: undefined, previous: undefined },
    T,
  )
  const repeated = new Array(100).fill(neighbour.cookie)
  const found = await sessions.find(brought(...repeated, cookie), T)
  assert.equal(found?.session.accounts[0]?.sub, 'alice')
})

test('a login that a full store refuses leaves no link behind', async () => {
  const { store, begin } = rooms(120)
  for (let at = 0; at < 10; at++) await begin('bob', T)
  for (let at = 0; at < 20; at++) await assert.rejects(begin('alice', T), StoreFull)
  assert.equal((await store.list('sessions_of:alice', T)).members.length, 0)
})

test('a use that is noted beside a logout does not bring its link back', async () => {
  const { store, sessions, begin } = rooms()
  const current = await sessions.find(brought(await begin('alice', T)), T)
  assert.ok(current)
  await sessions.end(current.id)
  sessions.touch(current, T + 300)
  await new Promise(setImmediate)
  assert.equal((await store.list('sessions_of:alice', T)).members.length, 0)
})

test('a session leaves its index with its end: at the logout, and when it was not used', async () => {
  const { store, sessions, begin } = rooms()
  const links = async (now: number) => (await store.list('sessions_of:alice', now)).members.length
  const current = await sessions.find(brought(await begin('alice', T)), T)
  assert.ok(current)
  assert.equal(await links(T + 599), 1)
  assert.equal(await links(T + 600), 0)
  sessions.touch(current, T + 300)
  await new Promise(setImmediate)
  assert.equal(await links(T + 899), 1)
  await sessions.end(current.id)
  assert.equal(await links(T), 0)
})

test('the idle end counts from the last use: uses that are less than it apart keep a login, however they fall', async () => {
  const uses: [idleTtl: number, at: number[]][] = [
    [60, [10, 20, 30, 40, 50, 62, 72, 131]],
    [60, [1, 60, 119, 120, 179]],
    [90, [30, 50, 95, 184]],
    [120, [62, 150, 269]],
    [150, [50, 152]],
    [600, [59, 658, 659, 1258]],
    [3000, [59, 3058, 3599]],
  ]
  for (const [idleTtl, times] of uses) {
    const { sessions, begin } = rooms(10_000, { idleTtl })
    const cookie = await begin('alice', T)
    for (const at of times) {
      const current = await sessions.find(brought(cookie), T + at)
      assert.ok(current, `idle ${idleTtl}: gone at ${at} of ${times}`)
      sessions.touch(current, T + at)
      await new Promise(setImmediate)
    }
  }
})

test('without a use the login ends on time; after one at most a tenth of the idle time later, and a minute', async () => {
  for (const [idleTtl, most] of [
    [60, 6],
    [300, 30],
    [1800, 60],
  ] as const) {
    const { sessions, begin } = rooms(10_000, { idleTtl })
    const cookie = await begin('alice', T)
    const lives = async (at: number) => (await sessions.find(brought(cookie), T + at)) !== undefined
    assert.deepEqual([await lives(idleTtl - 1), await lives(idleTtl)], [true, false])
    const current = await sessions.find(brought(cookie), T + 10)
    if (current) sessions.touch(current, T + 10)
    await new Promise(setImmediate)
    assert.deepEqual([await lives(10 + idleTtl), await lives(10 + idleTtl + most)], [true, false])
  }
})

test('a note of a use is a write: a tenth of the idle time needs one, and a minute at most', async () => {
  for (const [idleTtl, most] of [
    [60, 11],
    [7200, 3],
  ] as const) {
    const { store, sessions, begin } = rooms(10_000, { idleTtl })
    const cookie = await begin('alice', T)
    let writes = 0
    const replace = store.replace.bind(store)
    store.replace = async (...parameters) => {
      writes++
      return replace(...parameters)
    }
    for (let at = 1; at <= 60; at++) {
      const current = await sessions.find(brought(cookie), T + at)
      assert.ok(current)
      sessions.touch(current, T + at)
      await new Promise(setImmediate)
    }
    assert.ok(writes <= most, `${writes} writes`)
  }
})

test('no use takes a login beyond SESSION_TTL', async () => {
  const { sessions, begin } = rooms(10_000, { ttl: 100, idleTtl: 60 })
  const cookie = await begin('alice', T)
  for (const at of [50, 99]) {
    const current = await sessions.find(brought(cookie), T + at)
    assert.ok(current)
    sessions.touch(current, T + at)
    await new Promise(setImmediate)
  }
  assert.equal(await sessions.find(brought(cookie), T + 100), undefined)
})
