import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ClientRefused } from '../../src/clients/client-changes.ts'
import type { Entries } from '../../src/config/schema.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent } from '../support/browser-agent.ts'
import { lateClients } from '../support/late-clients.ts'
import { authorize, CALLBACK, ISSUER, RP, verified } from '../support/oidc.ts'
import {
  AS_SERVICE,
  asked,
  codeFor,
  FILES,
  NOTES,
  redeem,
  refreshFor,
  resourceServer,
  STRANGER,
  seen,
  tokenFor,
  tokensFor,
  withResources,
} from '../support/resources.ts'
import { operatorOf } from '../support/run-time.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { basic, direct } from '../support/token-client.ts'

const folder = folderOfTests()
const OWN = { grant_type: 'client_credentials' }
const spellings = (uri: string) => [
  uri,
  `${uri}/`,
  uri.toUpperCase(),
  uri.replace('https', 'HTTPS'),
  uri.replace('victim', 'Victim'),
]

test('a client id is no resource, in whatever spelling, wherever the client is from', async (t) => {
  const [inFile, late, slashed] = [
    'https://victim.example',
    'https://victim.example/late',
    'https://victim.example/s',
  ]
  const source = lateClients([
    { client_id: late, redirect_uris: [CALLBACK], client_secret: 'password' },
  ]).source
  const victims = [inFile, `${slashed}/`].map((client_id) => ({ ...RP, client_id }))
  const { app } = await resourceServer(t, { any: true, clients: victims, sources: [source] })
  for (const uri of [inFile, late, slashed].flatMap(spellings)) {
    const { body } = await tokenFor(app, OWN, [uri], AS_SERVICE)
    assert.equal(body.error, 'invalid_target', uri)
    assert.equal((await asked(new Agent(app), [uri])).get('error'), 'invalid_target', uri)
    assert.equal((await tokenFor(app, OWN, [NOTES, uri], AS_SERVICE)).body.error, 'invalid_target')
  }
  // Nor are other ids: no URL is one of them.
  for (const id of ['rp', 'svc'])
    assert.equal((await tokenFor(app, OWN, [id], AS_SERVICE)).body.error, 'invalid_target')
})

test('a client of that id that comes later ends what the resource was given', async (t) => {
  const late = lateClients()
  const { app } = await resourceServer(t, { any: true, sources: [late.source] })
  const { refresh_token } = await tokensFor(app, [STRANGER])
  late.add({ client_id: `${STRANGER}/`, redirect_uris: [CALLBACK], client_secret: 'password' })
  assert.equal((await refreshFor(app, refresh_token)).body.error, 'invalid_target')
  assert.equal((await tokenFor(app, OWN, [STRANGER], AS_SERVICE)).body.error, 'invalid_target')
})

test('a configured resource that is called as a client is a start-up error, and no such client can be made', async (t) => {
  const victim = { ...RP, client_id: 'https://Victim.example/' }
  for (const resource of spellings('https://victim.example')) {
    const change = (entries: Entries) => {
      entries.resources = [{ resource }]
    }
    await assert.rejects(
      resourceServer(t, { clients: [victim], change }),
      /ConfigError: \/clients\/\d+\/client_id \(client https:\/\/Victim\.example\/\): is the identifier of a resource/,
      resource,
    )
  }
  const change = (entries: Entries) => {
    entries.resources = [{ resource: 'urn:example:Notes' }]
  }
  await assert.rejects(
    resourceServer(t, { clients: [{ ...RP, client_id: 'URN:example:notes' }], change }),
    /resource/,
  )
})

test('a thousand resources, a very long one, and what no URI has: invalid_target, and the answer stays small', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  const thousand = Array.from({ length: 1000 }, (_, at) => `https://r${at}.example`)
  const nested = `https://a.example/${'a/../'.repeat(5000)}`
  for (const resource of [
    thousand,
    [...thousand.slice(0, 8), NOTES],
    [`https://a.example/${'x'.repeat(50_000)}`],
    [nested],
    ['https://a.example/\u0000'],
    ['https://a.example/\r\nSet-Cookie: x=y'],
    ['https://u:p@a.example/'],
    ['https://a.example@b.example/'],
    ['https://a.example/#'],
    ['javascript:alert(1)//'],
    ['https://[::1/'],
    ['https://a.example:99999/'],
  ]) {
    const { status, body } = await tokenFor(app, OWN, resource, AS_SERVICE)
    assert.deepEqual([status, body.error], [400, 'invalid_target'], String(resource[0]).slice(0, 60))
    assert.ok(JSON.stringify(body).length < 600)
  }
  const eight = thousand.slice(0, 8)
  assert.deepEqual((await tokenFor(app, OWN, eight, AS_SERVICE)).status, 200)
  // The same one a hundred times is one request for one resource, but a hundred parameters.
  assert.equal((await tokenFor(app, OWN, Array(100).fill(NOTES), AS_SERVICE)).body.error, 'invalid_target')
})

test('confusion: what one client was granted for a resource is nothing to another client', async (t) => {
  const { app } = await resourceServer(t, { any: true, clients: [{ ...RP, client_id: 'thief' }] })
  const thief = basic('thief', 'password')
  const code = await codeFor(app, [STRANGER])
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }
  const stolen = await tokenFor(app, form, [STRANGER], thief)
  assert.equal(stolen.body.error, 'invalid_grant')
  const { body } = await redeem(app, code)
  for (const resource of [[], [STRANGER], [ISSUER], [FILES]] as string[][]) {
    const again = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
    assert.equal((await tokenFor(app, again, resource, thief)).body.error, 'invalid_grant')
  }
  assert.equal((await seen(app, body.access_token, thief)).active, false)
  const revoked = await direct(
    app,
    { token: body.access_token },
    { url: '/oauth/revoke', authorization: thief },
  )
  assert.equal(revoked.status, 200)
  assert.equal((await seen(app, body.access_token)).aud, STRANGER, 'still there')
  // The consent was one client's, too.
  const agent = new Agent(app)
  await asked(agent, [STRANGER])
  assert.equal(
    (await asked(agent, [STRANGER], { client_id: 'thief', prompt: 'none' })).get('error'),
    'consent_required',
  )
})

test('confusion: a scope that belongs to one resource is in no token for another, whoever asks', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  const all = { scope: 'openid read write files' }
  const evil = await tokensFor(app, [STRANGER], all)
  assert.equal(evil.scope, 'openid')
  const mixed = await tokensFor(app, [STRANGER, NOTES], all)
  const { body } = await refreshFor(app, mixed.refresh_token, [STRANGER], all)
  assert.equal(body.scope, 'openid')
  const { body: own } = await refreshFor(app, mixed.refresh_token, [NOTES])
  assert.equal(own.scope, 'openid read write')
})

test('a JWT for a resource is no ID token: its type, and a client that asks with it as a hint, say so', async (t) => {
  const { app } = await resourceServer(t, {
    change(entries) {
      entries.resources = [{ resource: NOTES, access_token_format: 'jwt', access_token_typ: 'JWT' }]
    },
  })
  const agent = new Agent(app)
  const { access_token } = await tokensFor(app, [NOTES], {}, agent)
  const claims = await verified(app, access_token, { audience: NOTES, typ: 'JWT' })
  assert.equal(claims.client_id, 'rp')
  const { parameters } = await authorize(agent, { id_token_hint: access_token, prompt: 'none' }).catch(
    (error) => {
      throw error
    },
  )
  assert.equal(parameters.get('error'), 'invalid_request')
  const logout = await agent.get(`/oauth/logout?id_token_hint=${access_token}`)
  assert.equal(logout.statusCode, 200, 'the person is asked')
})

test('a reused refresh token ends the grant whatever resource it names', async (t) => {
  const { app, clock, log } = await resourceServer(t)
  const { refresh_token, access_token } = await tokensFor(app, [NOTES, FILES])
  await refreshFor(app, refresh_token, [NOTES])
  clock.now += 60
  assert.equal((await refreshFor(app, refresh_token, [FILES])).body.error, 'invalid_grant')
  assert.ok(log.some(({ event }) => event === 'refresh_reuse_detected'))
  assert.equal((await seen(app, access_token)).active, false)
})

test('what is taken out of the configuration is refused there, and ends nothing', async (t) => {
  const store = new MemoryStore()
  const before = await resourceServer(t, { store, any: true })
  const [notes, stranger] = [await tokensFor(before.app, [NOTES]), await tokensFor(before.app, [STRANGER])]
  const own = (await tokenFor(before.app, OWN, [STRANGER], AS_SERVICE)).body
  const after = await resourceServer(t, {
    store: new Proxy(store, {
      get: (target, name) => (name === 'close' ? async () => {} : bound(target, name)),
    }),
    now: before.clock.now,
    change(entries) {
      entries.resources = [{ resource: FILES }]
    },
  })
  for (const { access_token, refresh_token } of [notes, stranger]) {
    assert.equal((await seen(after.app, access_token)).active, false)
    assert.equal((await refreshFor(after.app, refresh_token)).body.error, 'invalid_target')
    assert.equal((await seen(before.app, access_token)).active, true)
    assert.equal((await refreshFor(before.app, refresh_token)).status, 200)
  }
  assert.equal((await seen(after.app, own.access_token, AS_SERVICE)).active, false)
})

function bound(target: object, name: string | symbol) {
  const value = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) : value
}

test('the query of an authorization request keeps its resources through every step, each time the same ones', async (t) => {
  const { app } = await resourceServer(t)
  const agent = new Agent(app)
  // The same names in another order, and one that is repeated, are other requests: a proof for one is none for the other.
  const url = (...resource: string[]) =>
    withResources(`/oauth/authorize?${new URLSearchParams({ ...QUERY })}`, ...resource)
  let page = await agent.follow(await agent.get(url(NOTES, FILES)))
  page = await agent.login(page, 'alice', 'wonderland')
  const action = /<form[^>]*action="([^"]*)"/.exec(page.body)?.[1] ?? ''
  assert.equal(action.match(/resource=/g)?.length, 2)
  const other = await agent.follow(await agent.get(url(FILES)))
  assert.ok(other.body.includes('name="password"'), 'prompt=login asks again')
})

const QUERY = {
  ...{ client_id: 'rp', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' },
  prompt: 'login',
}

test('no client of a store can be given the identifier of a resource', async (t) => {
  const store = await openSqlite(join(folder, 'store.db'))
  const server = await resourceServer(t, {
    store,
    any: true,
    change(entries) {
      entries.resources = [{ resource: 'urn:example:Notes' }]
    },
  })
  const operator = operatorOf(server, store)
  const entry = { redirect_uris: [CALLBACK], scope: 'read' }
  for (const client_id of ['urn:example:notes', 'URN:Example:Notes/'])
    await assert.rejects(operator.addClient(client_id, entry), /is the identifier of a resource too/)
  await assert.rejects(operator.addClient(STRANGER, entry), ClientRefused)
})
