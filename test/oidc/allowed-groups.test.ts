import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { ALICE, AUTHORIZATION, authorize, exchange, RP, refresh, request, tokens } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { direct } from '../support/token-client.ts'

const BOB = { username: 'bob', password: 'builder', sub: 'sub-bob', groups: ['staff'] }

/** Alice is in no group, Bob is staff. */
function server(t: TestContext, rp: Partial<ClientEntry> = {}, store = new MemoryStore()) {
  const client = { ...RP, allowed_groups: ['admins', 'staff'], ...rp }
  return buildServer(t, { store, clients: [client], users: [ALICE, BOB] })
}

/** Two nodes of one store: at the first everybody may use the client, at the second its groups. */
async function nodes(t: TestContext, rp: Partial<ClientEntry> = {}) {
  const store = new MemoryStore()
  const open = await buildServer(t, { store, clients: [{ ...RP, ...rp }], users: [ALICE, BOB] })
  return { open: open.app, closed: await server(t, rp, store) }
}

test('a member of one of the groups gets in; somebody else gets a page, and goes back with access_denied', async (t) => {
  for (const skip_consent of [false, true]) {
    const { app, log } = await server(t, { skip_consent })
    const agent = new Agent(app)
    const page = await agent.login(await agent.get(request()), 'alice', 'wonderland')
    assert.equal(page.statusCode, 200)
    assert.match(page.body, /You cannot use this app/)
    assert.match(page.body, /ask the person who looks after <bdi>Relying Party<\/bdi>/)
    const refused = answerOf(await agent.submit(page, {}))
    assert.deepEqual(
      [refused.get('error'), refused.get('error_description'), refused.get('state'), refused.get('code')],
      ['access_denied', 'this person may not use this client', 'some-state', null],
    )
    const said = log.find(({ event }) => event === 'person_not_allowed')
    assert.deepEqual([said?.client_id, said?.sub, said?.level], ['rp', 'sub-alice', 'warn'])
    // Somebody else, on the same browser.
    const other = /href="([^"]*\/login[^"]*)">Use another account/
      .exec(page.body)?.[1]
      ?.replaceAll('&amp;', '&')
    const answer = await agent.login(await agent.get(String(other)), 'bob', 'builder')
    const consented = skip_consent ? answer : await agent.submit(answer, { decision: 'approve' })
    assert.ok(answerOf(consented).get('code'))
  }
})

test('prompt=none: access_denied at once', async (t) => {
  const { app, log } = await server(t)
  const agent = new Agent(app)
  await agent.login(await agent.get('/login'), 'alice', 'wonderland')
  const answer = answerOf(await agent.get(request({ prompt: 'none' })))
  assert.deepEqual([answer.get('error'), answer.get('iss')], ['access_denied', 'http://localhost:8000'])
  assert.ok(log.some(({ event, sub }) => event === 'person_not_allowed' && sub === 'sub-alice'))
})

test('a consent page that was open when the person lost access: the decision gives nothing', async (t) => {
  const { open, closed } = await nodes(t)
  const agent = new Agent(open)
  const consent = await agent.login(await agent.get(request()), 'alice', 'wonderland')
  assert.match(consent.body, /wants access/)
  const there = new Agent(closed.app)
  for (const [name, value] of agent.cookies) there.cookies.set(name, value)
  assert.match((await there.submit(consent, { decision: 'approve' })).body, /You cannot use this app/)
})

test('redemption and refresh are refused here and used up nowhere: fifty at once, and the other node goes on', async (t) => {
  const { open, closed } = await nodes(t)
  const { parameters } = await authorize(new Agent(open))
  const code = String(parameters.get('code'))
  const crowd = <A>(call: () => Promise<A>) => Promise.all(Array.from({ length: 50 }, call))
  for (const { status, body } of await crowd(() => exchange(closed.app, code))) {
    assert.equal(status, 400)
    assert.deepEqual(body, {
      error: 'invalid_grant',
      error_description: 'this person may not use this client',
    })
  }
  const { status, body } = await exchange(open, code)
  assert.equal(status, 200)
  for (const refused of await crowd(() => refresh(closed.app, body.refresh_token)))
    assert.equal(refused.body.error, 'invalid_grant')
  assert.equal((await refresh(open, body.refresh_token)).status, 200)
  const events = closed.log.filter(({ event }) => event === 'person_not_allowed')
  assert.equal(events.length, 100)
  assert.ok(events.every(({ sub, grant_id }) => sub === 'sub-alice' && typeof grant_id === 'string'))
  assert.ok(!closed.log.some(({ event }) => String(event).endsWith('reuse_detected')))
})

test('the password grant asks too; a member of the groups gets tokens', async (t) => {
  const { app, log } = await server(t, {
    grant_types: ['password'],
    response_types: undefined,
    scope: 'openid email',
  })
  const login = (username: string, password: string) =>
    direct(app, { grant_type: 'password', username, password }, { authorization: AUTHORIZATION })
  assert.equal((await login('alice', 'wonderland')).body.error, 'invalid_grant')
  assert.ok(log.some(({ event, sub }) => event === 'person_not_allowed' && sub === 'sub-alice'))
  assert.equal((await login('bob', 'builder')).status, 200)
})

test('no groups, no question; an empty list is refused at the start', async (t) => {
  const { open } = await nodes(t)
  assert.ok((await tokens(open)).access_token)
  await assert.rejects(async () => {
    const { readEntries } = await import('../../src/config/file.ts')
    readEntries('clients: [{ client_id: a, allowed_groups: [] }]', 'f.yaml', {})
  }, /\/clients\/0\/allowed_groups must not be empty/)
})
