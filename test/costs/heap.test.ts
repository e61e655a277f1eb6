import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ClientEntry, UserEntry } from '../../src/config/schema.ts'
import { Consents } from '../../src/consents/consents.ts'
import { Grants } from '../../src/grants/grants.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { own, shared } from '../../src/store/own.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

// Ten seconds of one core: on a machine that is busy otherwise, minutes.
const SLOW = { timeout: 600_000 }

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Bytes that something still holds. Collected in full, so it does not matter how busy the machine is. */
function living(): number {
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

const PEOPLE = 20
const CLIENTS = 50
const EACH = 10
const CALLBACK = 'https://rp.example/cb'
// Without a character that is encoded: what is decoded is copied by that.
const NAME = 'api.example.of-many'
const OTHER = 'api.example.another'
// "wonderland", at bcrypt's lowest cost.
const HASH = '$2b$04$4wa6fV8qTXhOR5kpxhkDkexGRJJywBz1z4C/NNgLYZhyXa/L0/uC2'
const AUTHORIZATION = (client_id: string) => basic(client_id, 'a secret of the heap test')

const users = Array.from(
  { length: PEOPLE },
  (_, at): UserEntry => ({ username: `u${at}`, password_hash: HASH }),
)
const clients = Array.from(
  { length: CLIENTS },
  (_, at): ClientEntry => ({
    client_id: `client-of-the-heap-test-${at}`,
    client_secret: 'a secret of the heap test',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'implicit', 'password'],
    response_types: ['code', 'token'],
    scope: `${NAME} ${OTHER} email`,
    skip_consent: at % 5 !== 0,
  }),
)

/** Bytes of heap for each of 10,000 grants that real requests made, with so much more in query and body. */
async function bytesPerGrant(t: TestContext, more: { query: number; body: number }): Promise<number> {
  const store = new MemoryStore(1_000_000)
  const { app, log, clock } = await buildServer(t, {
    store,
    users,
    clients,
    // A guess does the work of every cost that somebody has: the demo's hash is a dear one.
    change: (entries) => entries.users.splice(0),
    env: { AUTHORIZATION_CODE_TTL: '600' },
  })
  const pad = (length: number) => 'x'.repeat(length)
  // A name that is repeated stands for itself: it is cut from a scope as long as the request.
  const repeated = (scope: string, length: number) =>
    new Array(1 + Math.floor(length / 2 / scope.length)).fill(scope).join(' ')
  const agents = users.map(() => new Agent(app))
  let serial = 0

  const authorize = async (agent: Agent, client_id: string, asked: Record<string, string>) => {
    const nonce = String(++serial).padStart(40, 'nonce-')
    const query = { client_id, redirect_uri: CALLBACK, nonce, pad: pad(more.query), ...asked }
    let page = await agent.get(`/oauth/authorize?${new URLSearchParams(query)}`)
    if (page.body.includes('value="approve"')) page = await agent.submit(page, { decision: 'approve' })
    return answerOf(page)
  }
  const token = async (client_id: string, form: Record<string, string>) => {
    const { status, body } = await direct(
      app,
      { ...form, pad: pad(more.body / 4) },
      { authorization: AUTHORIZATION(client_id) },
    )
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const one = async (
    agent: Agent,
    username: string,
    { client_id, at }: { client_id: string; at: number },
  ) => {
    const claims = JSON.stringify({ userinfo: { email: null }, [pad(more.query / 4)]: null })
    if (at < 4) return authorize(agent, client_id, { response_type: 'code', scope: NAME, claims })
    const scope = repeated(NAME, more.query)
    // One person's password is enough: each costs a hash.
    if (at < 8 || (at === 8 && username !== 'u0'))
      return authorize(agent, client_id, { response_type: 'token', scope })
    if (at === 8) {
      const password = { grant_type: 'password', username, password: 'wonderland' }
      return token(client_id, { ...password, scope: repeated(OTHER, more.body) })
    }
    const code =
      (await authorize(agent, client_id, { response_type: 'code', scope: `${OTHER} ${NAME}` })).get('code') ??
      ''
    const given = await token(client_id, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK })
    const { refresh_token } = given
    return token(client_id, { grant_type: 'refresh_token', refresh_token, scope: repeated(NAME, more.body) })
  }

  for (const [at, agent] of agents.entries())
    await agent.login(await agent.get('/login'), `u${at}`, 'wonderland')
  for (const [person, agent] of agents.entries()) {
    for (const { client_id } of clients)
      for (let at = 0; at < EACH; at++) await one(agent, `u${person}`, { client_id, at })
    log.length = 0
  }
  const count = PEOPLE * CLIENTS * EACH
  assert.equal(store.size('grant'), count)
  assert.equal(store.size('consent'), (PEOPLE * CLIENTS) / 5)
  // By what is free when they are gone: what the engine makes and forgets beside them is then not counted.
  const held = living()
  const [grants, consents] = [new Grants(store), new Consents(store)]
  for (const { username } of users) {
    await grants.revokeAll(await grants.ofSubject(username, clock.now))
    for (const { client_id } of await consents.ofSubject(username, clock.now))
      await consents.forget(username, client_id)
  }
  assert.equal(store.size('grant') + store.size('consent'), 0)
  return (held - living()) / count
}

test(
  '10,000 grants of requests of 4 and 20 KB take no more heap than the capacity promises for small ones',
  SLOW,
  async (t) => {
    const each = await bytesPerGrant(t, { query: 4000, body: 20_000 })
    t.diagnostic(`${Math.round(each)} bytes a grant`)
    assert.ok(each < 1250, `${each} bytes a grant`)
  },
)

test('a text of its own is the same text, of any characters and length', () => {
  const around = 'x'.repeat(100)
  for (const text of [
    '',
    'short',
    'twelve chars',
    'thirteen char',
    'é'.repeat(40),
    '😀'.repeat(20),
    '\ud83d'.repeat(20),
    around,
  ]) {
    const cut = `${around}${text}${around}`.slice(100, 100 + text.length)
    assert.equal(own(cut), text)
    assert.equal(shared(cut), text)
    assert.equal(shared(cut), text)
  }
  for (let at = 0; at < 1000; at++)
    assert.equal(shared(`scope number ${at} of many`), `scope number ${at} of many`)
})
