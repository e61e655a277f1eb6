import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { decodeProtectedHeader } from 'jose'
import { ISSUER, oidcServer, tokens, verified } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'

const headers = { host: 'localhost:8000' }
const get = (app: FastifyInstance, url: string) => app.inject({ url, headers })
const CONFIGURATION = '/.well-known/openid-configuration'

test('oidcc-discovery-endpoint-verification: every field of Discovery 1.0 §3 that is REQUIRED, and true', async (t) => {
  const { app } = await oidcServer(t, {}, { id_token_signed_response_alg: 'ES256' })
  const response = await get(app, CONFIGURATION)
  assert.equal(response.statusCode, 200)
  assert.match(String(response.headers['content-type']), /^application\/json/)
  const document = response.json()
  assert.equal(document.issuer, ISSUER)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'])
    assert.ok(document[name].startsWith(`${ISSUER}/oauth/`), name)
  assert.deepEqual(document.subject_types_supported, ['public'])
  assert.deepEqual(document.id_token_signing_alg_values_supported, ['RS256', 'ES256'])
  // Neither the scopes of single clients nor offline_access, which some clients would ask for because it stands there.
  assert.deepEqual(document.scopes_supported, ['openid', 'profile', 'email', 'address', 'phone'])
  for (const type of ['code', 'id_token', 'id_token token'])
    assert.ok(document.response_types_supported.includes(type))
  assert.ok(document.grant_types_supported.includes('implicit'))
  for (const claim of ['sub', 'name', 'email', 'address', 'auth_time', 'acr'])
    assert.ok(document.claims_supported.includes(claim), claim)
  assert.equal(document.claims_parameter_supported, true)
  // The default of request_uri_parameter_supported is true: it has to be said.
  assert.equal(document.request_uri_parameter_supported, false)
  assert.equal(document.request_parameter_supported, false)
})

test('oidcc-rp-initiated-logout-discovery-endpoint-verification, oidcc-backchannel-logout-discovery-endpoint-verification, oidcc-frontchannel-logout-discovery-endpoint-verification', async (t) => {
  const { app } = await oidcServer(t)
  const document = (await get(app, CONFIGURATION)).json()
  assert.equal(document.end_session_endpoint, `${ISSUER}/oauth/logout`)
  for (const channel of ['backchannel', 'frontchannel']) {
    assert.equal(document[`${channel}_logout_supported`], true)
    assert.equal(document[`${channel}_logout_session_supported`], true)
  }
})

test('oidcc-server-rotate-keys: another key signs, and both are published', async (t) => {
  const { app, clock } = await oidcServer(t, {
    env: {
      SIGNING_KEYS_FILE: join(mkdtempSync(join(tmpdir(), 'postern-keys-')), 'keys.json'),
      KEY_ROTATION: '1',
    },
  })
  const first = await tokens(app)
  const kid = (jwt: string) => decodeProtectedHeader(jwt).kid
  const published = async () =>
    (await get(app, '/oauth/jwks')).json().keys.map((one: { kid: string }) => one.kid)
  assert.deepEqual(await published(), [kid(first.id_token)])
  // The next one is published ahead of its time by whoever asks for the keys then.
  clock.now += 86_400 - 60
  assert.equal((await published()).length, 2)
  clock.now += 3600
  const second = await tokens(app)
  assert.notEqual(kid(second.id_token), kid(first.id_token))
  assert.deepEqual(await published(), [kid(first.id_token), kid(second.id_token)])
  for (const { id_token } of [first, second]) await verified(app, id_token, { now: clock.now - 86_400 })
})

test('every endpoint that the document names is served; every URL is under the issuer', async (t) => {
  const { app } = await oidcServer(t)
  const document = (await get(app, CONFIGURATION)).json()
  const urls = Object.entries(document).filter(([name]) => /_(endpoint|uri)$/.test(name)) as [
    string,
    string,
  ][]
  assert.equal(urls.length, 8)
  for (const [name, url] of urls) {
    assert.ok(url.startsWith(`${ISSUER}/`), name)
    const { pathname } = new URL(url)
    const found = [await get(app, pathname), await app.inject({ method: 'POST', url: pathname, headers })]
    assert.ok(
      found.some((one) => ![404, 405].includes(one.statusCode)),
      name,
    )
  }
})

test("Discovery §4 and RFC 8414 §5: one document at both addresses, with an issuer's path too", async (t) => {
  const { app } = await oidcServer(t)
  const names = [CONFIGURATION, '/.well-known/oauth-authorization-server']
  const [one, other] = await Promise.all(names.map((url) => get(app, url)))
  assert.equal(one?.body, other?.body)
  const nested = await oidcServer(t, { env: { ISSUER: 'http://localhost:8000/id' } })
  for (const path of [
    `/id${CONFIGURATION}`,
    `${CONFIGURATION}/id`,
    '/.well-known/oauth-authorization-server/id',
    '/id/.well-known/oauth-authorization-server',
  ]) {
    const document = (await get(nested.app, path)).json()
    assert.equal(document.issuer, 'http://localhost:8000/id', path)
    assert.equal(document.jwks_uri, 'http://localhost:8000/id/oauth/jwks')
    assert.equal((await get(nested.app, '/id/oauth/jwks')).statusCode, 200)
  }
})

test('without clients of theirs, implicit, hybrid and password are not offered', async (t) => {
  const { app } = await oidcServer(t, {}, { response_types: ['code'], grant_types: ['authorization_code'] })
  const document = (await get(app, CONFIGURATION)).json()
  assert.deepEqual(document.response_types_supported, ['code'])
  for (const name of ['implicit', 'password']) assert.ok(!document.grant_types_supported.includes(name), name)
})

test('the key set: public, cacheable, one key for each algorithm', async (t) => {
  const { app } = await oidcServer(t, {}, { id_token_signed_response_alg: 'EdDSA' })
  const response = await get(app, '/oauth/jwks')
  assert.match(String(response.headers['cache-control']), /^public, max-age=\d+$/)
  const { keys } = response.json()
  assert.deepEqual(
    keys.map((key: { alg: string }) => key.alg),
    ['RS256', 'EdDSA'],
  )
  for (const key of keys) {
    assert.equal(key.use, 'sig')
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.ok(!(name in key), name)
  }
})

test('a script of another origin may read the documents and call token, userinfo, revocation and introspection; no other', async (t) => {
  const { app } = await oidcServer(t)
  const origin = 'https://spa.example'
  for (const url of [CONFIGURATION, '/.well-known/oauth-authorization-server', '/oauth/jwks']) {
    const response = await app.inject({ url, headers: { ...headers, origin } })
    assert.equal(response.headers['access-control-allow-origin'], '*', url)
    assert.equal(response.headers['access-control-allow-credentials'], undefined)
  }
  for (const url of ['/oauth/tokenize', '/oauth/userinfo', '/oauth/revoke', '/oauth/introspect']) {
    const asks = { ...headers, origin, 'access-control-request-method': 'POST' }
    const response = await app.inject({ method: 'OPTIONS', url, headers: asks })
    assert.equal(response.statusCode, 204, url)
    assert.equal(response.headers['access-control-allow-origin'], '*')
    assert.match(String(response.headers['access-control-allow-headers']), /authorization/)
  }
  for (const url of [
    '/login',
    '/logout',
    '/consent',
    '/select-account',
    '/oauth/authorize',
    '/oauth/logout',
    '/',
  ]) {
    for (const method of ['OPTIONS', 'GET'] as const) {
      const response = await app.inject({ method, url, headers: { ...headers, origin } })
      assert.equal(response.headers['access-control-allow-origin'], undefined, `${method} ${url}`)
    }
  }
})

test('a preflight, Allow and a 405 name the same methods; a script may read why it is refused, on errors too', async (t) => {
  const { app } = await oidcServer(t)
  const origin = 'https://spa.example'
  const call = (method: 'OPTIONS' | 'GET' | 'POST' | 'HEAD' | 'PUT', url: string, more = {}) =>
    app.inject({ method, url, headers: { ...headers, origin, ...more } })
  const methods = (value: unknown) => String(value).split(', ').sort()
  for (const [url, own] of [
    [CONFIGURATION, 'GET, HEAD'],
    ['/.well-known/oauth-authorization-server', 'GET, HEAD'],
    ['/oauth/jwks', 'GET, HEAD'],
    ['/oauth/userinfo', 'GET, HEAD, POST'],
    ['/oauth/tokenize', 'POST'],
    ['/oauth/revoke', 'POST'],
    ['/oauth/introspect', 'POST'],
  ] as const) {
    const preflight = await call('OPTIONS', url)
    assert.deepEqual(methods(preflight.headers['access-control-allow-methods']), methods(own), url)
    assert.deepEqual(methods(preflight.headers.allow), methods(`${own}, OPTIONS`), url)
    const refused = await call('PUT', url)
    assert.equal(refused.statusCode, 405)
    assert.deepEqual(methods(refused.headers.allow), methods(preflight.headers.allow), url)
  }
  for (const answer of [
    await call('GET', '/oauth/jwks'),
    await call('GET', '/oauth/userinfo'),
    await call('HEAD', '/oauth/userinfo', { authorization: 'Bearer x' }),
    await call('POST', '/oauth/userinfo', { authorization: 'Bearer x y' }),
    await call('POST', '/oauth/tokenize', { 'content-type': 'application/json' }),
    await call('POST', '/oauth/tokenize', { authorization: 'Basic eDp5' }),
    await call('POST', '/oauth/revoke'),
  ]) {
    assert.match(String(answer.headers['access-control-expose-headers']), /\bwww-authenticate\b/)
    assert.equal(answer.headers['access-control-allow-origin'], '*')
  }
  assert.equal((await call('GET', '/login')).headers['access-control-expose-headers'], undefined)
})

test('Fetch standard, CORS protocol: a preflight allows what the browser asks for, and never credentials', async (t) => {
  const { app } = await oidcServer(t)
  const allowed = async (asked?: string, url = '/oauth/tokenize') => {
    const asks = { ...headers, origin: 'https://spa.example', 'access-control-request-method': 'POST' }
    const more = asked === undefined ? {} : { 'access-control-request-headers': asked }
    const response = await app.inject({ method: 'OPTIONS', url, headers: { ...asks, ...more } })
    assert.equal(response.statusCode, 204)
    assert.equal(response.headers['access-control-allow-credentials'], undefined)
    return String(response.headers['access-control-allow-headers'])
  }
  const usual = 'authorization, content-type, mcp-protocol-version'
  assert.equal(await allowed(), usual)
  assert.equal(await allowed('Content-Type,mcp-protocol-version'), usual)
  assert.equal(await allowed('x-trace , DPoP', '/oauth/jwks'), `${usual}, x-trace, dpop`)
  assert.equal(await allowed('x-a, bad name, ü, <b>, "x", ,*'), `${usual}, x-a`)
  assert.equal(await allowed(`x-${'a'.repeat(1000)}`), usual, 'nobody has kilobytes of theirs repeated')
})

test('below an issuer with a path a preflight names the methods too', async (t) => {
  const { app } = await buildServer(t, {
    env: { ISSUER: 'https://id.example/auth', DEMO_HOSTS: 'id.example' },
  })
  for (const [url, allow] of [
    ['/auth/oauth/userinfo', 'OPTIONS, GET, HEAD, POST'],
    ['/auth/oauth/jwks', 'OPTIONS, GET, HEAD'],
    ['/.well-known/openid-configuration/auth', 'OPTIONS, GET, HEAD'],
    ['/auth/.well-known/openid-configuration', 'OPTIONS, GET, HEAD'],
    ['/.well-known/oauth-authorization-server/auth', 'OPTIONS, GET, HEAD'],
    ['/auth/.well-known/oauth-authorization-server', 'OPTIONS, GET, HEAD'],
  ] as const) {
    const { headers } = await app.inject({ method: 'OPTIONS', url, headers: { host: 'id.example' } })
    assert.equal(headers.allow, allow, url)
    assert.equal(`OPTIONS, ${headers['access-control-allow-methods']}`, allow)
  }
})

test('plain PKCE is listed where a client may use it, and only there', async (t) => {
  const methods = async (options = {}) => {
    const { app } = await buildServer(t, options)
    const response = await app.inject({
      url: '/.well-known/oauth-authorization-server',
      headers: { host: 'localhost:8000' },
    })
    return response.json().code_challenge_methods_supported
  }
  assert.deepEqual(await methods(), ['S256'])
  const client = { client_id: 'old', redirect_uris: ['https://old.example/'], allow_plain_pkce: true }
  assert.deepEqual(await methods({ clients: [client] }), ['S256', 'plain'])
})
