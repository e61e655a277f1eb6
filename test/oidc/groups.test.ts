import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { notices } from '../../src/commands/notices.ts'
import { readEntries } from '../../src/config/file.ts'
import type { ClientEntry, Entries, UserEntry } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import {
  ALICE,
  AUTHORIZATION,
  authorize,
  exchange,
  RP,
  refresh,
  request,
  tokens,
  userinfo,
  verified,
} from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { direct, introspect } from '../support/token-client.ts'

const scopes = {
  read: 'Read the wiki',
  write: { sentence: 'Change the wiki', claims: ['level', 'desk'] },
}
const groups: Entries['groups'] = {
  staff: 'Everybody who works here',
  admins: { sentence: 'Administrators', claims: { level: 9, desk: 'front' }, scopes: ['write'] },
  editors: { claims: { level: 9 }, scopes: ['write', 'phone'] },
}
const SCOPE = 'openid profile phone read write offline_access'
const ASKED = 'openid read write'

function server(
  t: TestContext,
  about: Partial<UserEntry>,
  { rp = {}, store = new MemoryStore() }: { rp?: Partial<ClientEntry>; store?: MemoryStore } = {},
) {
  const clients = [{ ...RP, scope: SCOPE, ...rp }]
  return buildServer(t, { store, clients, users: [{ ...ALICE, ...about }], scopes, groups })
}

test('the claims of a group are its members’, and what a person has themselves counts more', async (t) => {
  const { app } = await server(t, { groups: ['admins', 'editors'], claims: { desk: 'back' } })
  const { id_token, access_token } = await tokens(app, { scope: ASKED })
  const claims = await verified(app, id_token)
  assert.deepEqual([claims.level, claims.desk], [9, 'back'])
  const { level, desk, scope } = (await introspect(app, access_token, AUTHORIZATION)).body
  assert.deepEqual([level, desk, scope], [9, 'back', ASKED])
})

test('a scope for members: others neither read of it, nor grant it, nor are asked again for it', async (t) => {
  const { app } = await server(t, { groups: ['staff'] })
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(request({ scope: ASKED })), 'alice', 'wonderland')
  assert.match(page.body, /Read the wiki/)
  assert.doesNotMatch(page.body, /Change the wiki/)
  const code = answerOf(await agent.submit(page, { decision: 'approve' })).get('code')
  const { body } = await exchange(app, String(code))
  assert.equal(body.scope, 'openid read')
  const claims = await verified(app, body.id_token)
  assert.equal(claims.level, undefined)
  assert.ok((await authorize(agent, { scope: ASKED, prompt: 'none' })).parameters.get('code'))
})

test('a claim asked for by name does not bring a withheld scope back', async (t) => {
  const claims = JSON.stringify({ userinfo: { phone_number: null }, id_token: { phone_number: null } })
  for (const [about, told] of [
    [{ groups: ['staff'] }, undefined],
    [{ groups: ['editors'] }, '+44 1234'],
  ] as const) {
    const { app } = await server(t, { ...about, groups: [...about.groups] })
    const { id_token, access_token } = await tokens(app, { scope: 'openid read', claims })
    assert.equal((await verified(app, id_token)).phone_number, told)
    assert.equal((await userinfo(app, access_token)).json().phone_number, told)
  }
})

test('who may grant nothing of it gets the page, and prompt=none access_denied', async (t) => {
  const { app, log } = await server(t, { groups: ['staff'] })
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(request({ scope: 'write' })), 'alice', 'wonderland')
  assert.match(page.body, /You cannot use this app/)
  const silent = answerOf(await agent.get(request({ scope: 'write', prompt: 'none' })))
  assert.equal(silent.get('error'), 'access_denied')
  assert.ok(log.some(({ event, sub }) => event === 'person_not_allowed' && sub === 'sub-alice'))
})

test('who leaves the group: less at redemption, at each refresh and at introspection; who comes back has it again', async (t) => {
  const store = new MemoryStore()
  const member = (await server(t, { groups: ['admins'] }, { store })).app
  const former = (await server(t, { groups: [] }, { store })).app
  const { parameters } = await authorize(new Agent(member), { scope: ASKED })
  const first = (await exchange(former, String(parameters.get('code')))).body
  assert.equal(first.scope, 'openid read')

  const body = await tokens(member, { scope: ASKED })
  assert.equal((await introspect(member, body.access_token, AUTHORIZATION)).body.scope, ASKED)
  const seen = (await introspect(former, body.access_token, AUTHORIZATION)).body
  assert.deepEqual([seen.active, seen.scope, seen.level], [true, 'openid read', undefined])
  const less = (await refresh(former, body.refresh_token)).body
  assert.equal(less.scope, 'openid read')
  assert.equal((await verified(former, less.id_token)).level, undefined)
  assert.equal((await refresh(member, less.refresh_token)).body.scope, ASKED)
})

test('a form of the consent page that a member saw does not fit once they are none', async (t) => {
  const store = new MemoryStore()
  const agent = new Agent((await server(t, { groups: ['admins'] }, { store })).app)
  const page = await agent.login(await agent.get(request({ scope: ASKED })), 'alice', 'wonderland')
  assert.match(page.body, /Change the wiki/)
  const { app } = await server(t, {}, { store })
  const there = new Agent(app)
  for (const [name, value] of agent.cookies) there.cookies.set(name, value)
  const again = await there.submit(page, { decision: 'approve' })
  assert.doesNotMatch(again.body, /Change the wiki/)
  const code = answerOf(await there.submit(again, { decision: 'approve' })).get('code')
  assert.equal((await exchange(app, String(code))).body.scope, 'openid read')
})

test('the password grant: the same scope', async (t) => {
  const rp = { grant_types: ['password'], response_types: undefined, scope: 'read write' }
  const { app } = await server(t, {}, { rp })
  const login = (more = {}) =>
    direct(
      app,
      { grant_type: 'password', username: 'alice', password: 'wonderland', ...more },
      { authorization: AUTHORIZATION },
    )
  assert.equal((await login()).body.scope, 'read')
  assert.equal((await login({ scope: 'write' })).body.error, 'invalid_grant')
})

test('the page names whom the client is for', async (t) => {
  const { app } = await server(t, {}, { rp: { allowed_groups: ['admins', 'editors'] } })
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(request()), 'alice', 'wonderland')
  assert.match(page.body, /It is for:<\/p>\s*<ul>\s*<li>Administrators<\/li>\s*<\/ul>/)
})

test('the start refuses what is ambiguous or cannot be', async (t) => {
  const differ = { ...groups, staff: { claims: { level: 1 } } }
  const refused = (entries: Partial<Entries>) =>
    buildServer(t, { clients: [RP], users: [ALICE], change: (all) => Object.assign(all, entries) })
  const both = { users: [{ ...ALICE, groups: ['admins', 'staff'] }], groups: differ }
  await assert.rejects(
    refused(both),
    /groups \(user alice\): gives level by admins and by staff, which differ/,
  )
  await assert.rejects(refused({ groups: { a: { scopes: ['openid'] } } }), /\/groups\/a\/scopes has openid/)
  await assert.rejects(refused({ groups: { a: { claims: { acr: '3' } } } }), /\/groups\/a\/claims has acr/)
  const file = (text: string) => readEntries(`clients: [{ client_id: a }]\n${text}`, 'f.yaml', {})
  assert.throws(() => file('groups: { a: { scope: [b] } }'), /\/groups\/a has the unknown name scope/)
  assert.throws(() => file('groups: { a: 1 }'), /\/groups\/a must be text/)
})

test('the start names a client that nobody may use, and a group that is not described', async (t) => {
  const { config } = await server(
    t,
    { groups: ['staff', 'adnims'] },
    { rp: { allowed_groups: ['admins'], require_pkce: true } },
  )
  const lines = notices({ ...config, demo: false })
  assert.ok(lines.some((line) => /groups that nobody in the file is in .*\(rp\)/.test(line)))
  assert.ok(lines.some((line) => /is one misspelt\? \(adnims\)/.test(line)))
})

test('a claim that was asked for by name before the person could grant it is not told when they can: they never agreed', async (t) => {
  const store = new MemoryStore()
  const claims = JSON.stringify({ userinfo: { phone_number: null }, id_token: { phone_number: null } })
  const outside = (await server(t, { groups: [] }, { store })).app
  const member = (await server(t, { groups: ['editors'] }, { store })).app
  const first = await tokens(outside, { scope: 'openid read', claims })
  assert.equal((await userinfo(member, first.access_token)).json().phone_number, undefined)
  const { id_token, access_token } = (await refresh(member, first.refresh_token)).body
  assert.equal((await verified(member, id_token)).phone_number, undefined)
  assert.equal((await userinfo(member, access_token)).json().phone_number, undefined)
})

test('a claim of two scopes, of which one is withheld, is not told by name without a word on the page', async (t) => {
  const two = { desk: { sentence: 'See your desk', claims: ['level'] }, write: scopes.write }
  const about = { ...ALICE, groups: ['staff'], claims: { level: 1 } }
  const clients = [{ ...RP, scope: `${SCOPE} desk` }]
  const { app } = await buildServer(t, { clients, users: [about], scopes: two, groups })
  const claims = JSON.stringify({ userinfo: { level: null } })
  const body = await tokens(app, { scope: 'openid', claims })
  assert.equal((await userinfo(app, body.access_token)).json().level, undefined)
})

test('who may grant nothing of it cannot pass the page by a form of another one, nor by skip_consent', async (t) => {
  for (const skip_consent of [false, true]) {
    const { app } = await server(t, { groups: ['staff'] }, { rp: { skip_consent } })
    const agent = new Agent(app)
    const url = request({ scope: 'write' })
    const page = await agent.login(await agent.get(url), 'alice', 'wonderland')
    assert.match(page.body, /You cannot use this app/)
    const query = url.slice(url.indexOf('?'))
    for (const path of ['/consent', '/select-account', '/not-allowed']) {
      const answer = await agent.post(path + query, { csrf: 'x', decision: 'approve' })
      assert.match(answer.body, /You cannot use this app/, path)
      assert.equal(answer.headers.location, undefined)
    }
    const back = answerOf(await agent.submit(page, {}))
    assert.deepEqual(
      [back.get('error'), back.get('error_description')],
      ['access_denied', 'this person may not use this client'],
    )
  }
})

test('a code whose whole scope is withheld by now is refused, and kept', async (t) => {
  const store = new MemoryStore()
  const member = (await server(t, { groups: ['admins'] }, { store })).app
  const former = (await server(t, {}, { store })).app
  const { parameters } = await authorize(new Agent(member), { scope: 'write' })
  const code = String(parameters.get('code'))
  assert.equal((await exchange(former, code)).body.error, 'invalid_grant')
  assert.equal((await exchange(member, code)).body.scope, 'write')
})

test('the start names a scope that a group keeps although nobody may ask for it', async (t) => {
  const misspelt = { admins: { scopes: ['wirte', 'write'] } }
  const clients = [{ ...RP, scope: SCOPE, require_pkce: true }]
  const { config } = await buildServer(t, { clients, users: [ALICE], scopes, groups: misspelt })
  const lines = notices({ ...config, demo: false })
  assert.ok(lines.some((line) => /no client may ask for them; is one misspelt\? \(wirte\)/.test(line)))
})
