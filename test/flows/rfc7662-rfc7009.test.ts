import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AUTHORIZATION, oidcServer, tokens } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { BASIC, basic, direct, freshTokens, introspect, refresh } from '../support/token-client.ts'

const RS = {
  client_id: 'api',
  client_secret: 'api',
  grant_types: ['client_credentials' as const],
  introspect_any: true,
}
const OTHER = { client_id: 'other', client_secret: 'other', grant_types: ['client_credentials' as const] }
const PUBLIC = { client_id: 'app', redirect_uris: ['https://app.example/'] }

const revoke = (app: Parameters<typeof direct>[0], form: Record<string, string>, authorization = BASIC) =>
  direct(app, form, { url: '/oauth/revoke', authorization })

test('RFC 7662 §2.2: an active access token, with everything a resource server needs', async (t) => {
  const { app, clock } = await buildServer(t)
  const { access_token } = await freshTokens(app)
  const { body } = await introspect(app, access_token)
  const { jti, ...rest } = body
  assert.equal(typeof jti, 'string')
  assert.deepEqual(rest, {
    active: true,
    scope: 'email',
    client_id: 'test_client',
    email: 'admin@example.com',
    email_verified: true,
    sub: 'admin',
    token_type: 'Bearer',
    exp: clock.now + 300,
    iat: clock.now,
    iss: 'http://localhost:8000',
    aud: 'http://localhost:8000',
  })
  clock.now += 300
  assert.deepEqual((await introspect(app, access_token)).body, { active: false })
})

test('RFC 7662 §2.2: the login name needs the scope profile, the address needs email; a refresh takes them away', async (t) => {
  const { app } = await oidcServer(t, { clients: [RS] })
  const email = { email: 'alice@example.com', email_verified: true }
  const about = async (token: string) => {
    const told = []
    for (const authorization of [AUTHORIZATION, basic('api', 'api')]) {
      const { username, email, email_verified } = (await introspect(app, token, authorization)).body
      told.push({ username, email, email_verified })
    }
    assert.deepEqual(told[0], told[1], 'a resource server is told what the client is')
    return told[0]
  }
  const nothing = { username: undefined, email: undefined, email_verified: undefined }
  for (const [scope, said] of [
    ['openid', nothing],
    ['phone', nothing],
    ['profile', { ...nothing, username: 'alice' }],
    ['email', { ...nothing, ...email }],
    ['openid profile email', { username: 'alice', ...email }],
  ] as const)
    assert.deepEqual(await about((await tokens(app, { scope })).access_token), said, scope)
  // Asked for by name at userinfo, it is not in the scope.
  const claims = JSON.stringify({ userinfo: { email: null, name: null } })
  assert.deepEqual(await about((await tokens(app, { claims })).access_token), nothing)
  const wide = await tokens(app, { scope: 'openid profile email' })
  const narrow = await direct(
    app,
    { grant_type: 'refresh_token', refresh_token: wide.refresh_token, scope: 'openid' },
    { authorization: AUTHORIZATION },
  )
  assert.deepEqual(await about(narrow.body.access_token), nothing)
  const { refresh_token } = narrow.body
  assert.equal((await introspect(app, refresh_token, AUTHORIZATION)).body.username, 'alice')
  assert.deepEqual((await introspect(app, refresh_token, basic('api', 'api'))).body, { active: false })
})

test("RFC 7662 §2.2: a client's own token is about nobody, whatever its scope is called", async (t) => {
  const client = { ...OTHER, scope: 'profile email' }
  const { app } = await buildServer(t, { clients: [client] })
  const authorization = basic('other', 'other')
  const { access_token } = (await direct(app, { grant_type: 'client_credentials' }, { authorization })).body
  const { body } = await introspect(app, access_token, authorization)
  assert.deepEqual([body.scope, body.username, body.email], ['profile email', undefined, undefined])
})

test('RFC 7662 §2.1: any or no hint; unknown, malformed or foreign is inactive with 200', async (t) => {
  const { app } = await buildServer(t, { clients: [RS, OTHER, PUBLIC] })
  const { access_token, refresh_token } = await freshTokens(app)
  for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
    for (const token of [access_token, refresh_token]) {
      const reply = await direct(app, { token, token_type_hint }, { url: '/oauth/introspect' })
      assert.equal(reply.body.active, true)
    }
  }
  for (const token of ['x', `${access_token}A`, access_token.toUpperCase(), 'at_', 'rt_AAAA']) {
    assert.deepEqual((await introspect(app, token)).body, { active: false })
  }
  assert.deepEqual((await introspect(app, access_token, basic('other', 'other'))).body, { active: false })
  assert.equal((await introspect(app, access_token, basic('api', 'api'))).body.active, true)
  assert.equal((await introspect(app, access_token, basic('app', ''))).status, 401)
  assert.equal((await introspect(app, access_token, '')).status, 401)
})

test('a refresh token is active for its own client alone: at an API it must not work as a bearer token', async (t) => {
  const { app } = await buildServer(t, { clients: [RS] })
  const { access_token, refresh_token } = await freshTokens(app)
  const api = basic('api', 'api')
  assert.equal((await introspect(app, access_token, api)).body.active, true)
  assert.deepEqual((await introspect(app, refresh_token, api)).body, { active: false })
  assert.equal((await introspect(app, refresh_token)).body.active, true)
})

test('RFC 7009 §2.1: an access token goes alone, a refresh token takes its grant with it', async (t) => {
  const { app } = await buildServer(t)
  const { access_token, refresh_token } = await freshTokens(app)
  const reply = await revoke(app, { token: access_token, token_type_hint: 'refresh_token' })
  assert.equal(reply.status, 200)
  assert.deepEqual(reply.body, {})
  assert.match(String(reply.headers['content-type']), /^application\/json/)
  assert.equal((await introspect(app, access_token)).body.active, false)
  const next = (await refresh(app, refresh_token)).body
  assert.equal((await introspect(app, next.access_token)).body.active, true)
  await revoke(app, { token: next.refresh_token })
  assert.equal((await introspect(app, next.access_token)).body.active, false)
  assert.equal((await refresh(app, next.refresh_token)).body.error, 'invalid_grant')
})

test('RFC 7009 §2.2: an unknown or foreign token is 200 and has no effect', async (t) => {
  const { app } = await buildServer(t, { clients: [OTHER] })
  const { access_token, refresh_token } = await freshTokens(app)
  for (const token of [access_token, refresh_token]) {
    assert.equal((await revoke(app, { token }, basic('other', 'other'))).status, 200)
  }
  assert.equal((await revoke(app, { token: 'nonsense' })).status, 200)
  assert.equal((await introspect(app, access_token)).body.active, true)
  assert.equal((await revoke(app, {})).body.error, 'invalid_request')
})

test('a client_credentials token is revoked by one record', async (t) => {
  const { app } = await buildServer(t, { clients: [OTHER] })
  const authorization = basic('other', 'other')
  const { access_token } = (await direct(app, { grant_type: 'client_credentials' }, { authorization })).body
  assert.equal((await introspect(app, access_token, authorization)).body.active, true)
  const twenty = Array.from({ length: 20 }, () => revoke(app, { token: access_token }, authorization))
  for (const reply of await Promise.all(twenty)) assert.equal(reply.status, 200)
  assert.equal((await introspect(app, access_token, authorization)).body.active, false)
})

test('RFC 8414: the metadata lists what is there, and every endpoint in it answers', async (t) => {
  const { app } = await buildServer(t)
  const response = await app.inject({
    url: '/.well-known/oauth-authorization-server',
    headers: { host: 'localhost' },
  })
  const metadata = response.json()
  assert.equal(metadata.issuer, 'http://localhost:8000')
  assert.equal(response.headers['access-control-allow-origin'], '*')
  for (const name of ['authorization', 'token', 'introspection', 'revocation']) {
    const { pathname } = new URL(metadata[`${name}_endpoint`])
    const found = await app.inject({ url: pathname, method: 'POST', headers: { host: 'localhost' } })
    assert.notEqual(found.statusCode, 404, name)
  }
})

test('an issuer with a path: every URL is under it, the metadata in front (RFC 8414 §3.1)', async (t) => {
  const { app } = await buildServer(t, {
    env: { ISSUER: 'https://id.example/auth', DEMO_HOSTS: 'id.example' },
  })
  const headers = { host: 'id.example' }
  const metadata = (await app.inject({ url: '/.well-known/oauth-authorization-server/auth', headers })).json()
  assert.equal(metadata.token_endpoint, 'https://id.example/auth/oauth/tokenize')
  const page = await app.inject({ url: '/auth/login', headers })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /action="\/auth\/login"/)
  assert.match(
    String(page.headers['set-cookie']),
    /^__Host-postern_browser!auth=.*Path=\/; HttpOnly; Secure; SameSite=Lax/,
  )
  assert.match(String(page.headers['strict-transport-security']), /max-age/)
})

test('browsers of other origins may call the token endpoint, without credentials', async (t) => {
  const { app } = await buildServer(t)
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/oauth/tokenize',
    headers: { host: 'localhost', origin: 'https://spa.example' },
  })
  assert.equal(preflight.statusCode, 204)
  assert.equal(preflight.headers['access-control-allow-origin'], '*')
  assert.equal(preflight.headers['access-control-allow-credentials'], undefined)
  const failed = await direct(app, {})
  assert.equal(failed.headers['access-control-allow-origin'], '*')
  const authorize = await app.inject({
    method: 'OPTIONS',
    url: '/oauth/authorize',
    headers: { host: 'localhost' },
  })
  assert.equal(authorize.headers['access-control-allow-origin'], undefined)
})
