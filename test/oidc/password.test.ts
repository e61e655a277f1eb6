import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import type { ClientEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent } from '../support/browser-agent.ts'
import { ALICE, AUTHORIZATION, oidcServer, RP, refresh, verified } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { direct, introspect } from '../support/token-client.ts'

const OLD: Partial<ClientEntry> = {
  grant_types: ['authorization_code', 'refresh_token', 'password'],
  response_types: ['code'],
}

const form = { grant_type: 'password', username: 'alice', password: 'wonderland' }
const headers = { authorization: AUTHORIZATION }

test('RFC 6749 §4.3: a client that names the password grant gets tokens for a name and a password', async (t) => {
  const { app, log } = await oidcServer(t, {}, OLD)
  const { status, body } = await direct(app, { ...form, scope: 'openid email' }, headers)
  assert.equal(status, 200)
  assert.equal(body.scope, 'openid email')
  const claims = await verified(app, body.id_token)
  assert.equal(claims.sub, 'sub-alice')
  assert.deepEqual(claims.amr, ['pwd'])
  assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.sub, 'sub-alice')
  const next = await refresh(app, body.refresh_token)
  assert.equal(next.status, 200)
  assert.ok(log.some((line) => line.event === 'login' && line.client_id === 'rp'))
  assert.ok(!JSON.stringify(log).includes('wonderland'))
})

test("without a scope it gets the client's own, without openid and offline_access; never more", async (t) => {
  const { app } = await oidcServer(t, {}, OLD)
  assert.equal((await direct(app, form, headers)).body.scope, 'profile email address phone')
  const more = await direct(app, { ...form, scope: 'admin' }, headers)
  assert.deepEqual([more.status, more.body.error], [400, 'invalid_scope'])
})

test('no refresh token for a client without that grant type', async (t) => {
  const { app } = await oidcServer(t, {}, { grant_types: ['password'], response_types: [] })
  const { status, body } = await direct(app, { ...form, scope: 'email' }, headers)
  assert.equal(status, 200)
  assert.equal(body.refresh_token, undefined)
  assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.active, true)
})

test('a client that does not name it may not use it, and discovery does not speak of it', async (t) => {
  const { app } = await oidcServer(t)
  const { status, body } = await direct(app, form, headers)
  assert.deepEqual([status, body.error], [400, 'unsupported_grant_type'])
  const discovery = (at: typeof app) =>
    at.inject({ url: '/.well-known/openid-configuration', headers: { host: 'localhost:8000' } })
  assert.ok(!(await discovery(app)).json().grant_types_supported.includes('password'))
  const { app: other } = await oidcServer(t, {}, OLD)
  const demo = await direct(other, { ...form, username: 'admin', password: 'admin' })
  assert.deepEqual([demo.status, demo.body.error], [400, 'unauthorized_client'])
  assert.ok((await discovery(other)).json().grant_types_supported.includes('password'))
})

test('a wrong name and a wrong password are one answer; the client is asked who it is first', async (t) => {
  const { app, log } = await oidcServer(t, {}, OLD)
  const name = await direct(app, { ...form, username: 'nobody' }, headers)
  const word = await direct(app, { ...form, password: 'wrong' }, headers)
  assert.deepEqual([name.status, name.body], [word.status, word.body])
  assert.deepEqual([word.status, word.body.error], [400, 'invalid_grant'])
  assert.equal(log.filter((line) => line.event === 'login_failed').length, 2)
  const client = await direct(app, { ...form, client_id: 'rp', client_secret: 'no' }, { authorization: '' })
  assert.deepEqual([client.status, client.body.error], [401, 'invalid_client'])
})

test('guesses count together with those on the login page: 429 with Retry-After, also for the right one', async (t) => {
  const { app, clock } = await oidcServer(t, {}, OLD)
  const agent = new Agent(app)
  const page = await agent.get('/login')
  for (let guess = 0; guess < 3; guess++) await agent.login(page, 'alice', 'wrong')
  for (let guess = 0; guess < 2; guess++) await direct(app, { ...form, password: 'wrong' }, headers)
  const refused = await direct(app, form, headers)
  assert.deepEqual([refused.status, refused.body.error], [429, 'temporarily_unavailable'])
  const wait = Number(refused.headers['retry-after'])
  assert.ok(wait >= 1)
  assert.equal((await agent.login(page, 'alice', 'wonderland')).statusCode, 429)
  clock.now += wait
  assert.equal((await direct(app, form, headers)).status, 200)
})

test('names and passwords are taken in the spellings that the login page takes, and count as one', async (t) => {
  const password_hash = await bcrypt.hash('P\u00e4ss', 4)
  const users = [{ username: 'Zo\u00eb', sub: 'zoe', password_hash }]
  const { app } = await buildServer(t, {
    clients: [{ ...RP, ...OLD }],
    users,
    change: (entries) => entries.users.splice(0),
  })
  const zoe = { ...form, username: ' ZOE\u0308', password: 'Pa\u0308ss' }
  for (let at = 0; at < 50; at++) assert.equal((await direct(app, zoe, headers)).status, 200)
  for (const username of ['zo\u00eb', 'Zoe\u0308 ', 'ZO\u00cb', 'ｚo\u00eb', 'Zo\u00eb'])
    assert.equal((await direct(app, { ...form, username, password: 'x' }, headers)).status, 400)
  assert.equal((await direct(app, zoe, headers)).status, 429)
})

test('a burst of guesses gets no more tries than a row of them', async (t) => {
  const { app } = await oidcServer(t, {}, OLD)
  const guesses = Array.from({ length: 30 }, () => direct(app, { ...form, password: 'wrong' }, headers))
  await Promise.all(guesses)
  assert.equal((await direct(app, form, headers)).status, 429)
})

test('a changed password and a disabled person end what was given', async (t) => {
  const store = new MemoryStore()
  const before = await oidcServer(t, { store }, OLD)
  const { body } = await direct(before.app, { ...form, scope: 'email' }, headers)
  for (const change of [{ password: 'looking-glass' }, { disabled: true }]) {
    const clients = [{ ...RP, ...OLD }]
    const { app } = await buildServer(t, { store, clients, users: [{ ...ALICE, ...change }] })
    assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.active, false)
    assert.equal((await refresh(app, body.refresh_token)).status, 400)
  }
})
