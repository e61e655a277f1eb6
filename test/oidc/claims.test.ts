import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { ClientEntry, Entries, UserEntry } from '../../src/config/schema.ts'
import { REGISTERED_CLAIMS } from '../../src/protocol/registered-claims.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import {
  ALICE,
  AUTHORIZATION,
  ISSUER,
  RP,
  refresh,
  request,
  tokens,
  userinfo,
  verified,
} from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct, introspect } from '../support/token-client.ts'

const scopes = { desk: { sentence: 'See where you sit', claims: ['floor', 'desk'] } }
const OWN = { floor: 3, desk: { room: 'b', seats: [1, 2] } }
const ABOUT = { groups: ['staff', 'admins', 'staff'], roles: ['editor'], claims: { ...OWN, unasked: true } }
const LISTS = { groups: ['staff', 'admins'], roles: ['editor'] }
const ALL = 'openid profile email groups roles desk'

/** Alice has groups, roles and claims of the operator's own; `rp` is how the relying party is registered. */
function server(t: TestContext, rp: Partial<ClientEntry> = {}, about: Partial<UserEntry> = ABOUT) {
  const client = { ...RP, scope: `${ALL} offline_access`, ...rp }
  return buildServer(t, { clients: [client], users: [{ ...ALICE, ...about }], scopes })
}

const pick = (claims: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(names.filter((name) => name in claims).map((name) => [name, claims[name]]))

test('groups, roles and own claims: in the ID token, at userinfo, at introspection, in a JWT access token, and after a refresh', async (t) => {
  for (const access_token_format of ['opaque', 'jwt'] as const) {
    const { app } = await server(t, { access_token_format })
    const body = await tokens(app, { scope: `${ALL} offline_access`, prompt: 'consent' })
    const again = (await refresh(app, body.refresh_token)).body
    for (const { id_token, access_token } of [body, again]) {
      const names = ['groups', 'roles', 'floor', 'desk', 'unasked']
      const wanted = { ...LISTS, ...OWN }
      const id = await verified(app, id_token)
      assert.deepEqual(pick(id, ...names), wanted)
      assert.deepEqual(pick(id, 'email', 'email_verified', 'preferred_username', 'name'), {
        ...{ email: 'alice@example.com', email_verified: true },
        ...{ preferred_username: 'alice', name: 'Alice Liddell' },
      })
      assert.deepEqual(pick((await userinfo(app, access_token)).json(), ...names), wanted)
      assert.deepEqual(pick((await introspect(app, access_token, AUTHORIZATION)).body, ...names), wanted)
      if (access_token_format === 'opaque') continue
      const jwt = await verified(app, access_token, { audience: ISSUER, typ: 'at+jwt' })
      assert.deepEqual(pick(jwt, ...names, 'email', 'name'), wanted)
    }
  }
})

test('what is not granted is not said: no scope, no claim; a refresh for less says less', async (t) => {
  const { app } = await server(t)
  const body = await tokens(app, { scope: 'openid roles' })
  assert.deepEqual(pick(await verified(app, body.id_token), 'groups', 'roles', 'floor'), {
    roles: ['editor'],
  })
  const wide = await tokens(app, { scope: 'openid groups desk' })
  const { id_token } = (await refresh(app, wide.refresh_token, { scope: 'openid desk' })).body
  assert.deepEqual(pick(await verified(app, id_token), 'groups', 'floor', 'desk'), OWN)
})

test('who is in no group has an empty list, never no claim', async (t) => {
  const { app } = await server(t, {}, {})
  const { id_token, access_token } = await tokens(app, { scope: 'openid groups roles desk' })
  const empty = { groups: [], roles: [] }
  assert.deepEqual(pick(await verified(app, id_token), 'groups', 'roles', 'floor', 'desk'), empty)
  assert.deepEqual(
    pick((await introspect(app, access_token, AUTHORIZATION)).body, 'groups', 'roles', 'desk'),
    empty,
  )
})

test('claims_in_id_token: false keeps Core §5.4 to the letter; the front channel is lean either way', async (t) => {
  const { app } = await server(t, { claims_in_id_token: false })
  const { id_token, access_token } = await tokens(app, { scope: ALL })
  const names = ['email', 'groups', 'roles', 'floor', 'name']
  assert.deepEqual(pick(await verified(app, id_token), ...names), {})
  assert.deepEqual(Object.keys(pick((await userinfo(app, access_token)).json(), ...names)), names)
  const { app: hybrid } = await server(t)
  const agent = new Agent(hybrid)
  const page = await agent.login(
    await agent.get(request({ scope: ALL, response_type: 'code id_token' })),
    'alice',
    'wonderland',
  )
  const answer = answerOf(await agent.submit(page, { decision: 'approve' }))
  assert.deepEqual(pick(decodeJwt(answer.get('id_token') ?? ''), ...names), {})
})

test('claims by name: an own claim needs its scope in the registration, and is asked for on the consent page', async (t) => {
  const { app } = await server(t)
  const agent = new Agent(app)
  const claims = JSON.stringify({ id_token: { floor: null }, userinfo: { groups: null } })
  const page = await agent.login(await agent.get(request({ scope: 'openid', claims })), 'alice', 'wonderland')
  assert.match(page.body, /See where you sit/)
  assert.match(page.body, /See which groups you are in/)
  const { app: narrow } = await server(t, { scope: 'openid' })
  const { id_token } = await tokens(narrow, { claims })
  assert.deepEqual(pick(await verified(narrow, id_token), 'floor'), {})
})

test('a client renames claims, and has a list as text or a value as a list', async (t) => {
  const { app } = await server(t, {
    access_token_format: 'jwt',
    claim_names: { groups: 'https://app.example/groups', preferred_username: 'login' },
    claim_types: { groups: 'string', floor: 'list' },
  })
  const { id_token, access_token } = await tokens(app, { scope: ALL })
  const wanted = { 'https://app.example/groups': 'staff,admins', floor: [3] }
  const names = ['https://app.example/groups', 'groups', 'floor']
  assert.deepEqual(pick(await verified(app, id_token), ...names, 'login', 'preferred_username'), {
    ...wanted,
    login: 'alice',
  })
  assert.deepEqual(pick((await userinfo(app, access_token)).json(), ...names), wanted)
  assert.deepEqual(pick((await introspect(app, access_token, AUTHORIZATION)).body, ...names), wanted)
  assert.deepEqual(pick(decodeJwt(access_token), ...names), wanted)
})

test('no own, renamed or machine claim may be one that says something about a token', async (t) => {
  for (const name of [...REGISTERED_CLAIMS, 'email']) {
    const refused = (change: Promise<unknown>, path: RegExp) =>
      assert.rejects(change, (error: Error) => error.name === 'ConfigError' && path.test(error.message), name)
    await refused(server(t, {}, { claims: { [name]: 1 } }), /^\/users\/1\/claims/)
    await refused(server(t, { claim_names: { groups: name } }), /^\/clients\/1\/claim_names/)
    await refused(server(t, { claims: { [name]: 1 } }), /^\/clients\/1\/claims/)
    const own = { other: { sentence: 'Other', claims: [name] } }
    await refused(buildServer(t, { clients: [RP], scopes: own }), /^\/scopes\/other\/claims/)
  }
  await assert.rejects(server(t, { claim_names: { groups: 'x', roles: 'x' } }), /two claims the name x/)
  const groups = { groups: { sentence: 'Groups', claims: ['x'] } }
  await assert.rejects(buildServer(t, { scopes: groups }), /groups is a standard scope/)
})

test('a machine token says what its client is said to be, as a JWT and at introspection', async (t) => {
  for (const access_token_format of ['opaque', 'jwt'] as const) {
    const client = {
      client_id: 'robot',
      client_secret: 'robot-robot-robot',
      grant_types: ['client_credentials'],
      scope: 'read',
    }
    const robot = { ...client, access_token_format, claims: { plant: 'north', groups: ['machines'] } }
    const { app } = await buildServer(t, { clients: [robot] })
    const authorization = basic('robot', 'robot-robot-robot')
    const { body } = await direct(app, { grant_type: 'client_credentials' }, { authorization })
    const said = (await introspect(app, body.access_token, authorization)).body
    assert.deepEqual(pick(said, 'plant', 'groups', 'sub'), {
      plant: 'north',
      groups: ['machines'],
      sub: 'robot',
    })
    if (access_token_format === 'jwt') assert.equal(decodeJwt(body.access_token).plant, 'north')
  }
})

test('preferred_username and email_verified have defaults that the file may change; pairwise clients get no login name', async (t) => {
  const plain = { email: 'a@example.com', email_verified: undefined, preferred_username: undefined }
  const { app } = await server(t, {}, plain)
  const id = await verified(app, (await tokens(app, { scope: ALL })).id_token)
  assert.deepEqual(pick(id, 'preferred_username', 'email_verified'), {
    preferred_username: 'alice',
    email_verified: true,
  })
  const { app: other } = await server(t, {}, { ...plain, email_verified: false, preferred_username: 'ally' })
  const said = await verified(other, (await tokens(other, { scope: ALL })).id_token)
  assert.deepEqual(pick(said, 'preferred_username', 'email_verified'), {
    preferred_username: 'ally',
    email_verified: false,
  })
  const client = { ...RP, scope: ALL, subject_type: 'pairwise' as const }
  const env = { PAIRWISE_SALT: 'a-salt-of-more-than-thirty-two-characters' }
  const { app: pairwise } = await buildServer(t, {
    clients: [client],
    users: [{ ...ALICE, ...plain }],
    scopes,
    env,
  })
  assert.ok(
    !('preferred_username' in (await verified(pairwise, (await tokens(pairwise, { scope: ALL })).id_token))),
  )
})

test('an ID token of more than 2 KB of claims leaves out own ones, the largest first, and the log says so once', async (t) => {
  const groups = Array.from({ length: 300 }, (_, at) => `group-${at}`)
  const about = { groups, claims: { floor: 'x'.repeat(500), desk: 'y'.repeat(900) } }
  const { app, log } = await server(t, {}, about)
  for (let round = 0; round < 2; round++) {
    const { id_token, access_token } = await tokens(app, { scope: ALL })
    const id = await verified(app, id_token)
    assert.deepEqual(id.groups, groups)
    assert.deepEqual(pick(id, 'floor', 'desk'), {})
    assert.equal((await userinfo(app, access_token)).json().desk, about.claims.desk)
  }
  const said = log.filter(({ msg }) => msg === 'claims too large for an ID token were left out')
  assert.deepEqual(
    said.map(({ client_id, detail }) => [client_id, detail]),
    [['rp', 'desk floor']],
  )
  const { app: less } = await server(t, {}, { claims: { floor: 'x'.repeat(500), desk: 'y'.repeat(1800) } })
  const id = await verified(less, (await tokens(less, { scope: ALL })).id_token)
  assert.deepEqual([id.floor, id.desk], ['x'.repeat(500), undefined])
})

test('access tokens are signed with the algorithm and the type that the client is registered for', async (t) => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    for (const typ of ['at+jwt', 'JWT'] as const) {
      const rp = {
        access_token_format: 'jwt',
        access_token_signed_response_alg: alg,
        access_token_typ: typ,
      } as const
      const { app } = await server(t, rp)
      const { access_token } = await tokens(app, { scope: ALL })
      const { kid: _, ...header } = decodeProtectedHeader(access_token)
      assert.deepEqual(header, { alg, typ })
      await verified(app, access_token, { audience: ISSUER, typ })
      assert.equal((await introspect(app, access_token, AUTHORIZATION)).body.active, true)
      assert.equal((await userinfo(app, access_token)).statusCode, 200)
    }
  }
})

test('with the type JWT an access token is no ID token anywhere, nor the reverse', async (t) => {
  const { app } = await server(t, { access_token_format: 'jwt', access_token_typ: 'JWT' })
  const agent = new Agent(app)
  const { access_token, id_token } = await tokens(app, { scope: ALL }, agent)
  assert.equal((await userinfo(app, id_token)).statusCode, 401)
  assert.deepEqual((await introspect(app, id_token, AUTHORIZATION)).body, { active: false })
  await direct(app, { token: id_token }, { url: '/oauth/revoke', authorization: AUTHORIZATION })
  assert.equal((await userinfo(app, access_token)).statusCode, 200)
  const hinted = await agent.get(request({ scope: ALL, prompt: 'none', id_token_hint: access_token }))
  assert.equal(answerOf(hinted).get('error'), 'invalid_request')
  assert.ok(
    answerOf(await agent.get(request({ scope: ALL, prompt: 'none', id_token_hint: id_token }))).get('code'),
  )
  const asked = await agent.get(`/oauth/logout?id_token_hint=${access_token}`)
  assert.match(asked.body, /Log out\?/, 'the access token proves no login')
  assert.match(
    (await agent.follow(await agent.get(`/oauth/logout?id_token_hint=${id_token}`))).body,
    /You are logged out/,
  )
})

test('a claim may have the name of something that every object has, but not the one that changes objects', async (t) => {
  const names = { odd: { sentence: 'Odd names', claims: ['constructor', 'toString', 'hasOwnProperty'] } }
  const odd = JSON.parse('{ "constructor": 1, "toString": "a", "hasOwnProperty": [2] }')
  const client = { ...RP, scope: 'openid odd' }
  const users = [{ ...ALICE, claims: odd }]
  const { app } = await buildServer(t, { clients: [client], users, scopes: names })
  const { id_token, access_token } = await tokens(app, { scope: 'openid odd' })
  assert.deepEqual(pick(await verified(app, id_token), ...names.odd.claims), odd)
  assert.deepEqual(pick((await userinfo(app, access_token)).json(), ...names.odd.claims), odd)
  const proto = JSON.parse('{ "__proto__": { "admin": true } }')
  await assert.rejects(server(t, {}, { claims: proto }), /has __proto__/)
  await assert.rejects(server(t, { claim_names: { groups: '__proto__' } }), /__proto__/)
  const change = (entries: Entries) => Object.assign(entries, { groups: { a: { claims: proto } } })
  await assert.rejects(buildServer(t, { change }), /has __proto__/)
})

test('a claim is not renamed onto one that a scope has for another, unless that one moves too', async (t) => {
  await assert.rejects(
    server(t, { claim_names: { groups: 'floor' } }),
    /gives groups the name floor, which a scope has/,
  )
  await server(t, { claim_names: { groups: 'floor', floor: 'storey' } })
})
