import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import type { UserEntry } from '../../src/config/schema.ts'
import { makeHandle } from '../../src/secrets/handles.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent } from '../support/browser-agent.ts'
import { buildServer, KEY } from '../support/server.ts'

const COOKIE = 'postern_device_8000'
const NEXT_KEY = 'b2c6HqkQ0mX9sYt3Lr7Wz1Vd5Nf8Gj4PaEu0iToKxR='

const person = async (username: string, password = 'right'): Promise<UserEntry> => ({
  username,
  sub: `sub-${username}`,
  password_hash: await bcrypt.hash(password, 4),
})

interface Made {
  store?: MemoryStore
  keys?: string
}

function serverOf(t: TestContext, users: UserEntry[], { store = new MemoryStore(), keys = KEY }: Made = {}) {
  const env = { SECRET_KEYS: keys }
  return buildServer(t, { store, users, env, change: (entries) => entries.users.splice(0) })
}

type App = Awaited<ReturnType<typeof serverOf>>['app']

/** A browser that comes with another's device cookie, and nothing else of it. */
function withDevice(app: App, cookie: string | undefined): Agent {
  const agent = new Agent(app)
  if (cookie !== undefined) agent.cookies.set(COOKIE, cookie)
  return agent
}

async function guess(agent: Agent, username = 'ada', password = 'wrong'): Promise<number> {
  return (await agent.login(await agent.get('/login'), username, password)).statusCode
}

/** A device that the person has logged in on. */
async function knownDevice(app: App, username = 'ada', cookie?: string): Promise<string> {
  const agent = withDevice(app, cookie)
  assert.equal(await guess(agent, username, 'right'), 200)
  return agent.cookies.get(COOKIE) as string
}

/** Strangers at the same address use up the account's tries and the address's. */
async function exhaust(app: App): Promise<void> {
  const agent = new Agent(app)
  for (let at = 0; at < 6; at++) await guess(agent)
  for (let at = 0; at < 50; at++) await guess(agent, `nobody${at}`)
  assert.equal(await guess(agent, 'ada', 'right'), 429)
  assert.equal(await guess(agent, 'newcomer'), 429)
}

test('an office behind one address: strangers there lock out each other, never a known device, however it spells the name', async (t) => {
  const { app } = await serverOf(t, [await person('ada')])
  const cookie = await knownDevice(app)
  await exhaust(app)
  assert.equal(await guess(withDevice(app, cookie), ' ADA', 'right'), 200)
  assert.equal(await guess(withDevice(app, cookie)), 422)
})

test('thirty devices of one account give an attacker some tries more, and not three hundred', async (t) => {
  const { app, clock } = await serverOf(t, [await person('ada')])
  const cookies: string[] = []
  for (let at = 0; at < 30; at++) cookies.push(await knownDevice(app))
  const phone = await knownDevice(app)
  let verdicts = 0
  for (let second = 0; second < 60; second += 5, clock.now += 5)
    for (const cookie of cookies) if ((await guess(withDevice(app, cookie))) === 422) verdicts++
  assert.ok(verdicts <= 50, `${verdicts} in a minute`)
  assert.equal(await guess(withDevice(app, phone), 'ada', 'right'), 200)
})

test('a new password makes every device a stranger until its next login', async (t) => {
  const store = new MemoryStore()
  const { app: before } = await serverOf(t, [await person('ada')], { store })
  const cookie = await knownDevice(before)
  const { app } = await serverOf(t, [await person('ada', 'new')], { store })
  await exhaust(app)
  assert.equal(await guess(withDevice(app, cookie), 'ada', 'new'), 429)
})

test('a device is known for who logged in on it, also if several did, and for nobody else', async (t) => {
  const names = ['ada', ...Array.from({ length: 8 }, (_, at) => `u${at}`)]
  const { app } = await serverOf(t, await Promise.all(names.map((name) => person(name))))
  let cookie: string | undefined
  for (const name of names.slice(0, 8)) cookie = await knownDevice(app, name, cookie)
  await exhaust(app)
  for (const name of ['ada', 'u6']) assert.equal(await guess(withDevice(app, cookie), name, 'right'), 200)
  assert.equal(await guess(withDevice(app, cookie), 'u7', 'right'), 429)
})

test('of nine who log in on one device the one who came longest ago is forgotten', async (t) => {
  const names = Array.from({ length: 9 }, (_, at) => `u${at}`)
  const { app } = await serverOf(t, await Promise.all(names.map((name) => person(name))))
  let cookie: string | undefined
  for (const name of names) cookie = await knownDevice(app, name, cookie)
  for (const name of ['u0', 'u1']) for (let at = 0; at < 6; at++) await guess(new Agent(app), name)
  assert.equal(await guess(withDevice(app, cookie), 'u0', 'right'), 429)
  assert.equal(await guess(withDevice(app, cookie), 'u1', 'right'), 200)
})

test('devices stay known while SECRET_KEYS rotate, one name each, and not beyond', async (t) => {
  const users = [await person('ada'), await person('bob')]
  const { app: old } = await serverOf(t, users)
  const first = await knownDevice(old)
  const { app: both } = await serverOf(t, users, { keys: `${NEXT_KEY},${KEY}` })
  await exhaust(both)
  // The mark of the old key is carried on under the new one, and marked again at a login.
  const carried = await knownDevice(both, 'ada', first)
  assert.equal(await guess(withDevice(both, carried), 'ada', 'right'), 200)
  const length = (cookie: string) => Buffer.from(cookie.slice(3), 'base64url').length
  assert.equal(length(carried), length(first))
  const { app } = await serverOf(t, users, { keys: NEXT_KEY })
  await exhaust(app)
  assert.equal(await guess(withDevice(app, carried), 'ada', 'right'), 200)
  assert.equal(await guess(withDevice(app, first), 'ada', 'right'), 429)
})

test('who shares the computer cannot try names against the cookie, or compare it with another device', async (t) => {
  const { app } = await serverOf(t, [await person('ada')])
  const [one, other] = [await knownDevice(app), await knownDevice(app)]
  const marks = (cookie: string) => Buffer.from(cookie.slice(3), 'base64url').subarray(5 + 16, -32)
  assert.equal(marks(one).length, 16)
  assert.notDeepEqual(marks(one), marks(other))
  for (const text of ['ada', 'sub-ada', JSON.stringify(['ada'])])
    assert.ok(!Buffer.from(one.slice(3), 'base64url').includes(hash('sha256', text, 'buffer').subarray(0, 8)))
})

test('a device cookie of before, with a plain hash of the name, is worth nothing', async (t) => {
  const { app } = await serverOf(t, [await person('ada')])
  const facts = Buffer.concat([Buffer.alloc(16, 1), hash('sha256', 'ada', 'buffer').subarray(0, 16)])
  const cookie = makeHandle(new Keys([KEY]), 'dv' as never, facts)
  await exhaust(app)
  assert.equal(await guess(withDevice(app, cookie), 'ada', 'right'), 429)
  assert.equal(await guess(withDevice(app, cookie.replace(/^dv/, 'kd')), 'ada', 'right'), 429)
})
