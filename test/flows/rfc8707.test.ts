import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { Agent } from '../support/browser-agent.ts'
import { CALLBACK, ISSUER, oidcServer, request, userinfo, verified } from '../support/oidc.ts'
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
import { direct } from '../support/token-client.ts'

const ALL = 'openid read write files'

test('§2.2: what was asked for at the authorization endpoint holds for every token, named again or not', async (t) => {
  const { app, clock } = await resourceServer(t)
  const code = await codeFor(app, [NOTES], { scope: ALL })
  const { body } = await redeem(app, code)
  assert.equal(body.scope, 'openid read write')
  assert.equal(body.expires_in, 120, "the resource's own")
  const claims = await verified(app, body.access_token, { audience: NOTES, typ: 'at+jwt' })
  assert.equal(claims.aud, NOTES)
  assert.equal(claims.scope, 'openid read write')
  assert.equal(decodeProtectedHeader(body.access_token).alg, 'ES256')
  assert.equal((await verified(app, body.id_token)).aud, 'rp', 'an ID token is for its client')
  const { aud, scope, exp } = await seen(app, body.access_token)
  assert.deepEqual([aud, scope, exp], [NOTES, 'openid read write', clock.now + 120])
  assert.equal((await seen(app, body.refresh_token)).aud, NOTES)
  // Some clients leave the resource out of a refresh, and some the scope.
  for (const [resource, more] of [
    [[NOTES], { scope: 'openid read write' }],
    [[], { scope: 'openid read write' }],
    [[NOTES], {}],
    [[], {}],
  ] as const) {
    const next = await refreshFor(app, body.refresh_token, [...resource], more)
    assert.deepEqual([next.status, next.body.scope, next.body.expires_in], [200, 'openid read write', 120])
    assert.equal((await seen(app, next.body.access_token)).aud, NOTES)
    clock.now += 1
  }
})

test('§2: a resource is the same with other capitals of scheme and host, and with a slash at its end', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  for (const [sent, again, aud] of [
    ['HTTPS://Notes.Example/mcp', NOTES, NOTES],
    [NOTES, 'https://NOTES.example/mcp/', NOTES],
    [`${FILES}/`, FILES, FILES],
    ['HTTPS://MCP.Stranger.example/sse', STRANGER, STRANGER],
    [`${STRANGER}/`, STRANGER, `${STRANGER}/`],
    [STRANGER, `${STRANGER}/`, STRANGER],
  ] as const) {
    const { body, status } = await redeem(app, await codeFor(app, [sent]), again)
    assert.equal(status, 200, `${sent} ${JSON.stringify(body)}`)
    assert.equal((await seen(app, body.access_token)).aud, aud)
    const next = await refreshFor(app, body.refresh_token, [again])
    assert.equal((await seen(app, next.body.access_token)).aud, aud)
  }
})

test('§2: no absolute URI, a fragment, or an unknown one is invalid_target, to the client with state and iss', async (t) => {
  const { app } = await resourceServer(t)
  for (const resource of [`${NOTES}#x`, 'notes.example', '/mcp', STRANGER, 'javascript:alert(1)']) {
    const answer = await asked(new Agent(app), [resource])
    assert.deepEqual(
      ['error', 'state', 'iss'].map((name) => answer.get(name)),
      ['invalid_target', 'some-state', ISSUER],
      resource,
    )
    assert.equal(answer.getAll('iss').length, 1)
    const own = { grant_type: 'client_credentials' }
    const { status, body } = await tokenFor(app, own, [resource], AS_SERVICE)
    assert.deepEqual([status, body.error], [400, 'invalid_target'], resource)
  }
  const both = await asked(new Agent(app), [NOTES, STRANGER])
  assert.equal(both.get('error'), 'invalid_target')
})

test('§2.2: of several resources each token is for all, or for those that it is asked for', async (t) => {
  const { app } = await resourceServer(t)
  const code = await codeFor(app, [NOTES, FILES, ISSUER], { scope: ALL })
  const { body } = await redeem(app, code)
  assert.equal(body.scope, ALL)
  assert.equal(body.expires_in, 120, 'the shortest')
  assert.match(body.access_token, /^at_/, 'of two APIs one could pass a JWT to the other')
  assert.deepEqual((await seen(app, body.access_token)).aud, [NOTES, FILES, ISSUER])
  const narrow = async (resource: string[], more = {}) => {
    const { body: next } = await refreshFor(app, body.refresh_token, resource, more)
    const { aud, scope } = await seen(app, next.access_token)
    return { aud, scope, told: next.scope, ttl: next.expires_in, format: next.access_token.slice(0, 3) }
  }
  // The same refresh token each time, within its grace: the narrower token takes nothing from the grant.
  assert.deepEqual(await narrow([NOTES]), {
    ...{ aud: NOTES, scope: 'openid read write', told: 'openid read write', ttl: 120, format: 'eyJ' },
  })
  assert.deepEqual(await narrow([FILES], { scope: ALL }), {
    ...{ aud: FILES, scope: 'openid files', told: 'openid files', ttl: 300, format: 'at_' },
  })
  assert.deepEqual(await narrow([ISSUER]), {
    ...{ aud: ISSUER, scope: 'openid', told: 'openid', ttl: 300, format: 'at_' },
  })
  assert.deepEqual((await narrow([FILES, `${NOTES}/`])).aud, [NOTES, FILES])
  assert.deepEqual((await narrow([])).aud, [NOTES, FILES, ISSUER])
})

test('§2.2: the token of a code may be for some of its resources, the refresh token stays for all', async (t) => {
  const { app } = await resourceServer(t)
  const { body } = await redeem(app, await codeFor(app, [NOTES, FILES], { scope: ALL }), FILES)
  assert.deepEqual([body.scope, (await seen(app, body.access_token)).aud], ['openid files', FILES])
  const next = await refreshFor(app, body.refresh_token)
  assert.deepEqual((await seen(app, next.body.access_token)).aud, [NOTES, FILES])
})

test('§2.2: another resource than the grant has is invalid_target, and uses nothing up', async (t) => {
  const { app, log } = await resourceServer(t, { any: true })
  const code = await codeFor(app, [NOTES])
  for (const other of [[FILES], [NOTES, FILES], [STRANGER], [ISSUER]]) {
    const { status, body } = await redeem(app, code, ...other)
    assert.deepEqual([status, body.error], [400, 'invalid_target'])
  }
  const { body, status } = await redeem(app, code, NOTES)
  assert.equal(status, 200, 'the code is not used up')
  for (const other of [[FILES], [NOTES, FILES], [STRANGER], [ISSUER]]) {
    const refused = await refreshFor(app, body.refresh_token, other)
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_target'])
  }
  assert.equal((await refreshFor(app, body.refresh_token)).status, 200)
  // Within the grace neither: the repeated answer is no wider than the first.
  assert.equal((await refreshFor(app, body.refresh_token, [FILES])).body.error, 'invalid_target')
  assert.ok(!log.some(({ event }) => event === 'refresh_reuse_detected' || event === 'code_reuse_detected'))
})

test('a grant that names no resource is for this server, and for no other', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  const code = await codeFor(app, [], { scope: ALL })
  for (const other of [NOTES, STRANGER])
    assert.equal((await redeem(app, code, other)).body.error, 'invalid_target')
  const { body } = await redeem(app, code)
  assert.deepEqual([body.scope, (await seen(app, body.access_token)).aud], [ALL, ISSUER])
  assert.equal((await refreshFor(app, body.refresh_token, [NOTES])).body.error, 'invalid_target')
  for (const own of [ISSUER, `${ISSUER}/`, `${ISSUER}/oauth/userinfo`]) {
    const next = await refreshFor(app, body.refresh_token, [own])
    assert.equal((await seen(app, next.body.access_token)).aud, ISSUER)
    assert.equal((await userinfo(app, next.body.access_token)).statusCode, 200)
  }
})

test('§3: a token for another resource opens userinfo to nobody; one for both does', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  for (const resource of [[NOTES], [FILES], [STRANGER], [NOTES, FILES]]) {
    const { access_token } = await tokensFor(app, resource)
    const answer = await userinfo(app, access_token)
    assert.equal(answer.statusCode, 401)
    assert.match(String(answer.headers['www-authenticate']), /error="invalid_token"/)
  }
  const { access_token } = await tokensFor(app, [STRANGER, `${ISSUER}/oauth/userinfo`])
  assert.equal((await userinfo(app, access_token)).json().sub, 'sub-alice')
})

test('client_credentials: for one resource, several, or any; the scope is what they are for', async (t) => {
  const { app, clock } = await resourceServer(t, { any: true })
  const own = (resource: string[], more = {}) =>
    tokenFor(app, { grant_type: 'client_credentials', ...more }, resource, AS_SERVICE)
  const plain = await own([])
  assert.deepEqual(
    [plain.body.scope, (await seen(app, plain.body.access_token, AS_SERVICE)).aud],
    ['read files', ISSUER],
  )
  const jwt = (await own([NOTES])).body
  assert.deepEqual([jwt.scope, jwt.expires_in], ['read', 120])
  const claims = await verified(app, jwt.access_token, { audience: NOTES, typ: 'at+jwt' })
  assert.deepEqual([claims.sub, claims.client_id, claims.scope], ['svc', 'svc', 'read'])
  const both = (await own([NOTES, FILES], { scope: 'files read' })).body
  assert.match(both.access_token, /^ct_/)
  const any = (await own([STRANGER])).body
  assert.deepEqual([any.scope, any.access_token.slice(0, 3)], ['', 'ct_'])
  for (const [token, aud, scope] of [
    [jwt.access_token, NOTES, 'read'],
    [both.access_token, [NOTES, FILES], 'files read'],
    [any.access_token, STRANGER, ''],
  ] as const) {
    const answer = await seen(app, token, AS_SERVICE)
    assert.deepEqual([answer.active, answer.aud, answer.scope, answer.sub], [true, aud, scope, 'svc'])
    assert.equal((await seen(app, token)).active, false, "somebody else's")
    await direct(app, { token }, { url: '/oauth/revoke', authorization: AS_SERVICE })
    assert.equal((await seen(app, token, AS_SERVICE)).active, false)
  }
  const wide = await own([FILES], { scope: 'read files' })
  assert.deepEqual([wide.status, wide.body.error], [400, 'invalid_scope'])
  const { access_token } = (await own([NOTES])).body
  clock.now += 120
  assert.equal((await seen(app, access_token, AS_SERVICE)).active, false)
})

test('the password grant: the same', async (t) => {
  const { app } = await resourceServer(t)
  const form = { grant_type: 'password', username: 'alice', password: 'wonderland' }
  const { body } = await tokenFor(app, form, [NOTES], AS_SERVICE)
  assert.deepEqual([body.scope, body.expires_in], ['read', 120])
  assert.equal((await verified(app, body.access_token, { audience: NOTES, typ: 'at+jwt' })).sub, 'sub-alice')
  const again = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  const next = await tokenFor(app, again, [], AS_SERVICE)
  assert.equal((await seen(app, next.body.access_token, AS_SERVICE)).aud, NOTES)
  assert.equal((await tokenFor(app, again, [FILES], AS_SERVICE)).body.error, 'invalid_target')
})

test('a resource whose scopes a client may not have is none of its: invalid_target', async (t) => {
  const reader = {
    client_id: 'reader',
    client_secret: 'password',
    grant_types: ['client_credentials' as const],
    scope: 'read other',
  }
  const { app } = await resourceServer(t, { clients: [reader], any: true })
  const authorization = `Basic ${btoa('reader:password')}`
  const own = (resource: string) =>
    tokenFor(app, { grant_type: 'client_credentials' }, [resource], authorization)
  assert.equal((await own(FILES)).body.error, 'invalid_target')
  assert.equal((await own(NOTES)).body.scope, 'read other')
  assert.equal((await own(STRANGER)).body.scope, 'other')
})

test('a token in the answer of the front channel is for the resource too', async (t) => {
  const { app } = await resourceServer(t)
  for (const [response_type, resource] of [
    ['id_token token', [NOTES]],
    ['code id_token token', [NOTES, FILES]],
  ] as const) {
    const answer = await asked(new Agent(app), [...resource], { response_type, scope: ALL })
    const token = answer.get('access_token') ?? ''
    assert.equal(answer.get('expires_in'), '120')
    assert.deepEqual((await seen(app, token)).aud, resource.length === 1 ? NOTES : resource)
  }
})

test('any number of narrow tokens at once, each good for its own resources', async (t) => {
  const { app } = await resourceServer(t, { any: true })
  const many = Array.from({ length: 7 }, (_, at) => `https://${at}.example`)
  let { refresh_token } = await tokensFor(app, [...many, NOTES], { scope: ALL })
  const given: [string, string | string[]][] = []
  // More than the grant has places for.
  for (let mask = 1; mask < 48; mask++) {
    const resource = [...many, NOTES].filter((_, at) => (mask >> at) & 1)
    const { body } = await refreshFor(app, refresh_token, resource)
    refresh_token = body.refresh_token
    given.push([body.access_token, resource.length === 1 ? (resource[0] as string) : resource])
  }
  for (const jwt of [1, 2]) {
    const { body } = await refreshFor(app, refresh_token, [NOTES], {
      scope: jwt === 1 ? 'openid' : 'openid read',
    })
    refresh_token = body.refresh_token
    assert.match(body.access_token, /^eyJ/)
    given.push([body.access_token, NOTES])
  }
  for (const [token, aud] of given) assert.deepEqual((await seen(app, token)).aud, aud)
})

test('the log says whom a token is for', async (t) => {
  const { app, log } = await resourceServer(t)
  await tokensFor(app, [NOTES, FILES, ISSUER])
  await tokenFor(app, { grant_type: 'client_credentials' }, [NOTES], AS_SERVICE)
  const named = (event: string) => log.filter((line) => line.event === event).map(({ resource }) => resource)
  assert.deepEqual(named('consent_granted'), [`${NOTES} ${FILES}`])
  assert.deepEqual(named('code_issued'), [`${NOTES} ${FILES}`])
  assert.deepEqual(named('token_issued'), [`${NOTES} ${FILES}`, NOTES])
})

test('RFC 9728 §4: the metadata names the resources that everybody may know of', async (t) => {
  const { app } = await resourceServer(t)
  const url = '/.well-known/oauth-authorization-server'
  const document = (await app.inject({ url, headers: { host: 'localhost:8000' } })).json()
  assert.deepEqual(document.protected_resources, [NOTES])
  assert.ok(
    document.id_token_signing_alg_values_supported.includes('ES256'),
    'a key for their tokens is there',
  )
})

test('a server that knows no resources takes no notice of the parameter, as ever', async (t) => {
  const { app } = await oidcServer(t, {
    change(entries) {
      entries.any_resource = false
    },
  })
  const agent = new Agent(app)
  let page = await agent.follow(await agent.get(withResources(request(), NOTES, 'no URI', '#')))
  page = await agent.login(page, 'alice', 'wonderland')
  page = await agent.submit(page, { decision: 'approve' })
  const code = new URL(String(page.headers.location)).searchParams.get('code') ?? ''
  const { body } = await tokenFor(app, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, [
    FILES,
  ])
  assert.equal((await seen(app, body.access_token)).aud, ISSUER)
  assert.equal((await userinfo(app, body.access_token)).statusCode, 200)
  const url = '/.well-known/oauth-authorization-server'
  const document = (await app.inject({ url, headers: { host: 'localhost:8000' } })).json()
  assert.equal(document.protected_resources, undefined)
})
