import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

test('a wrong user and a wrong password get the same words', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get(WALK)
  const user = await agent.login(page, 'nobody', 'admin')
  const password = await agent.login(page, 'admin', 'wrong')
  assert.equal(user.statusCode, 422)
  assert.equal(password.statusCode, 422)
  const notice = /role="alert">([^<]*)</
  assert.equal(notice.exec(user.body)?.[1], notice.exec(password.body)?.[1])
  assert.match(user.body, /value="nobody"/)
})

test('guesses are delayed, then 429 with Retry-After and a page that says when; waiting helps', async (t) => {
  const { app, clock, log } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get(WALK)
  for (let guess = 0; guess < 5; guess++)
    assert.equal((await agent.login(page, 'admin', 'wrong')).statusCode, 422)
  const refused = await agent.login(page)
  assert.equal(refused.statusCode, 429)
  const wait = Number(refused.headers['retry-after'])
  assert.ok(wait >= 1)
  assert.match(refused.body, new RegExp(`try again in ${wait} second`))
  assert.ok(log.some((line) => line.event === 'login_throttled'))
  clock.now += wait
  assert.match((await agent.login(page)).body, /value="approve"/)
})

test('each further failure waits longer, a quarter of an hour at most', async (t) => {
  const { app, clock } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get('/login')
  const waits: number[] = []
  for (let guess = 0; guess < 18; guess++) {
    const response = await agent.login(page, 'somebody', 'wrong')
    if (response.statusCode !== 429) continue
    waits.push(Number(response.headers['retry-after']))
    clock.now += waits.at(-1) as number
  }
  assert.deepEqual(waits.slice(0, 4), [2, 4, 8, 16])
  assert.ok(waits.every((wait) => wait <= 900))
})

test('a known device is not locked out by somebody else, but has its own limit', async (t) => {
  const { app, clock } = await buildServer(t)
  const owner = new Agent(app)
  await owner.authorize()
  const attacker = new Agent(app)
  const page = await attacker.get('/login')
  for (let guess = 0; guess < 6; guess++) await attacker.login(page, 'admin', 'wrong')
  assert.equal((await attacker.login(page)).statusCode, 429)
  const again = await owner.get('/login')
  assert.equal((await owner.login(again)).statusCode, 200)
  for (let guess = 0; guess < 10; guess++) await owner.login(again, 'admin', 'wrong')
  assert.equal((await owner.login(again)).statusCode, 429)
  clock.now += 900
  assert.equal((await owner.login(again)).statusCode, 200)
})

test('a burst of parallel guesses gets no more tries than a row of them', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get('/login')
  const wrong = Array.from({ length: 20 }, () => agent.login(page, 'admin', 'wrong'))
  const right = agent.login(page)
  const late = Array.from({ length: 10 }, () => agent.login(page, 'admin', 'wrong'))
  assert.equal((await right).statusCode, 429)
  // And the wrong ones say the same: else the one that does not would be the password.
  const statuses = (await Promise.all([...wrong, ...late])).map(({ statusCode }) => statusCode)
  assert.equal(statuses.filter((status) => status === 422).length, 5)
  assert.equal(statuses.filter((status) => status === 429).length, 25)
})

test('the wait after a burst is the same with the right guess in it and without', async (t) => {
  const waits = await Promise.all(
    [false, true].map(async (hidden) => {
      const { app } = await buildServer(t)
      const agent = new Agent(app)
      const page = await agent.get('/login')
      const guesses = Array.from({ length: 12 }, (_, at) =>
        agent.login(page, 'admin', hidden && at === 9 ? 'admin' : 'wrong'),
      )
      await Promise.all(guesses)
      return Number((await agent.login(page, 'admin', 'wrong')).headers['retry-after'])
    }),
  )
  assert.ok(Math.abs((waits[0] as number) - (waits[1] as number)) <= 2, String(waits))
})

test('where counters fill the store, guesses at one account are still counted, and the right one waits too', async (t) => {
  const { app } = await buildServer(t, { store: new MemoryStore(100) })
  const agent = new Agent(app)
  const page = await agent.get('/login')
  for (let at = 0; at < 20; at++) await agent.login(page, `nobody${at}`, 'wrong')
  for (let guess = 0; guess < 5; guess++)
    assert.equal((await agent.login(page, 'admin', 'wrong')).statusCode, 422)
  assert.equal((await agent.login(page)).statusCode, 429)
})

test('the log says whose account is tried, where there is one, and never what was typed', async (t) => {
  const { app, log } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get(WALK)
  await agent.login(page, 'hunter2', 'wrong')
  for (let guess = 0; guess < 6; guess++) await agent.login(page, 'admin', 'wrong')
  const failed = log.filter(({ event }) => event === 'login_failed')
  assert.deepEqual(
    failed.slice(0, 2).map(({ sub, client_id }) => ({ sub, client_id })),
    [
      { sub: undefined, client_id: 'test_client' },
      { sub: 'admin', client_id: 'test_client' },
    ],
  )
  const throttled = log.find(({ event }) => event === 'login_throttled')
  assert.equal(throttled?.sub, 'admin')
  assert.equal(typeof throttled?.seconds, 'number')
  assert.equal(JSON.stringify(log).includes('hunter2'), false)
})

test('fifty logins in a row with the right password, each from a new browser, are never made to wait', async (t) => {
  const password_hash = await bcrypt.hash('right', 4)
  const users = [{ username: 'ci', password_hash }]
  const { app, store } = await buildServer(t, { users, change: (entries) => entries.users.splice(0) })
  for (let at = 0; at < 50; at++) {
    const agent = new Agent(app)
    assert.equal((await agent.login(await agent.get('/login'), 'ci', 'right')).statusCode, 200)
  }
  assert.equal((store as MemoryStore).size('counter'), 0)
})

test('all spellings of a name share one counter, whether or not there is such a person', async (t) => {
  for (const spellings of [
    ['admin', 'ADMIN', ' admin', 'ａｄｍｉｎ', 'Admin\u3000', 'adMin'],
    ['nobodé', 'NOBODÉ', ' nobodé', 'nobode\u0301', 'ｎobodé', 'Nobodé'],
  ]) {
    const { app } = await buildServer(t)
    const agent = new Agent(app)
    const page = await agent.get('/login')
    const statuses = []
    for (const spelling of spellings) statuses.push((await agent.login(page, spelling, 'wrong')).statusCode)
    assert.deepEqual(statuses, [422, 422, 422, 422, 422, 429])
  }
})

test('saturated password checks answer 503 with Retry-After, on a page, and count nothing', async (t) => {
  const { app, store } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get('/login')
  const logins = await Promise.all(
    Array.from({ length: 90 }, (_, at) => {
      agent.address = `192.0.2.${at}`
      return agent.login(page, `user${at}`, 'wrong')
    }),
  )
  const busy = logins.filter((one) => one.statusCode === 503)
  assert.ok(busy.length > 0, 'the queue is bounded')
  assert.ok(Number(busy[0]?.headers['retry-after']) > 0)
  assert.match(String(busy[0]?.body), /Please try again/)
  const failed = logins.filter((one) => one.statusCode === 422)
  assert.equal((store as MemoryStore).size('counter'), 2 * failed.length)
})
