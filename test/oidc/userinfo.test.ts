import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import { oidcServer, refresh, tokens, userinfo, verified } from '../support/oidc.ts'

const HOST = { host: 'localhost:8000' }
const METADATA = 'http://localhost:8000/.well-known/oauth-protected-resource/oauth/userinfo'
const NO_TOKEN = `Bearer realm="postern", resource_metadata="${METADATA}"`
const FORM = { ...HOST, 'content-type': 'application/x-www-form-urlencoded' }

test('oidcc-scope-profile, oidcc-scope-email, oidcc-scope-address, oidcc-scope-phone, oidcc-scope-all: §5.4, each scope gives its claims', async (t) => {
  const { app } = await oidcServer(t)
  const answer = async (scope: string) =>
    (await userinfo(app, (await tokens(app, { scope })).access_token)).json()
  const sub = 'sub-alice'
  const profile = { name: 'Alice Liddell', given_name: 'Alice', preferred_username: 'alice' }
  const email = { email: 'alice@example.com', email_verified: true }
  assert.deepEqual(await answer('openid'), { sub })
  assert.deepEqual(await answer('openid profile'), { sub, ...profile })
  assert.deepEqual(await answer('openid email'), { sub, ...email })
  assert.deepEqual(await answer('openid address'), { sub, address: { country: 'GB' } })
  assert.deepEqual(await answer('openid phone'), { sub, phone_number: '+44 1234' })
})

test('oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body', async (t) => {
  const { app } = await oidcServer(t)
  const { access_token } = await tokens(app)
  const authorization = `Bearer ${access_token}`
  const url = '/oauth/userinfo'
  const get = await userinfo(app, access_token)
  const header = await app.inject({ method: 'POST', url, headers: { ...HOST, authorization } })
  const payload = new URLSearchParams({ access_token }).toString()
  const body = await app.inject({ method: 'POST', url, headers: FORM, payload })
  for (const answer of [get, header, body]) {
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.deepEqual(answer.json(), { sub: 'sub-alice' })
  }
  const both = await app.inject({ method: 'POST', url, headers: { ...FORM, authorization }, payload })
  assert.equal(both.statusCode, 400)
  assert.match(String(both.headers['www-authenticate']), /error="invalid_request"/)
})

test('RFC 6750 §3: no token, a wrong one, one in the query, one without openid, one of a client', async (t) => {
  const service = {
    client_id: 'svc',
    client_secret: 'password',
    grant_types: ['client_credentials' as const],
    scope: 'openid',
  }
  const { app, clock } = await oidcServer(t, { clients: [service] })
  const { access_token, refresh_token } = await tokens(app)
  const without = await app.inject({ url: '/oauth/userinfo', headers: HOST })
  assert.equal(without.statusCode, 401)
  assert.equal(without.headers['www-authenticate'], NO_TOKEN)
  const query = await app.inject({ url: `/oauth/userinfo?access_token=${access_token}`, headers: HOST })
  assert.equal(query.statusCode, 401, 'never in the query')
  for (const wrong of ['x', refresh_token, `${access_token}x`, 'a.b.c']) {
    const answer = await userinfo(app, wrong)
    assert.equal(answer.statusCode, 401)
    assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="postern", error="invalid_token"/)
  }
  const narrow = await userinfo(app, (await tokens(app, { scope: 'email' })).access_token)
  assert.equal(narrow.statusCode, 403)
  assert.match(String(narrow.headers['www-authenticate']), /error="insufficient_scope".* scope="openid"/)
  clock.now += 301
  assert.equal((await userinfo(app, access_token)).statusCode, 401)
})

test('RFC 6750 §2.1: several spaces, any case; what is not one token is 400 and says so in its challenge', async (t) => {
  const { app } = await oidcServer(t)
  const { access_token } = await tokens(app)
  const ask = (authorization: string, method: 'GET' | 'POST' | 'HEAD' = 'GET') =>
    app.inject({ method, url: '/oauth/userinfo', headers: { ...HOST, authorization } })
  for (const method of ['GET', 'POST', 'HEAD'] as const) {
    for (const start of ['Bearer ', 'bearer ', 'BEARER   '])
      assert.equal((await ask(start + access_token, method)).statusCode, 200, method + start)
    for (const wrong of [`${access_token} x`, `${access_token} ${access_token}`, `${access_token},`]) {
      const answer = await ask(`Bearer ${wrong}`, method)
      assert.equal(answer.statusCode, 400)
      assert.match(String(answer.headers['www-authenticate']), /error="invalid_request"/)
    }
    const alone = await ask('Bearer', method)
    assert.equal(alone.statusCode, 401)
    assert.equal(alone.headers['www-authenticate'], NO_TOKEN)
  }
  // The form's token does not mend a header that is malformed, and a form that repeats it is malformed itself.
  const post = (payload: string, more = {}) =>
    app.inject({ method: 'POST', url: '/oauth/userinfo', headers: { ...FORM, ...more }, payload })
  const form = `access_token=${access_token}`
  for (const answer of [await post(form, { authorization: 'Bearer x y' }), await post(`${form}&${form}`)]) {
    assert.equal(answer.statusCode, 400)
    assert.match(String(answer.headers['www-authenticate']), /error="invalid_request"/)
  }
})

test('RFC 6750 §2.2: a POST with the token in its header may have any body; only a form carries one itself', async (t) => {
  const { app } = await oidcServer(t)
  const { access_token } = await tokens(app)
  const bodies: [type: string | undefined, payload: string][] = [
    [undefined, ''],
    [undefined, 'anything'],
    ['application/json', '{}'],
    ['application/json', 'not JSON'],
    ['text/plain', 'x'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/x-www-form-urlencoded', ''],
    ['application/x-www-form-urlencoded; charset=utf-8', 'a=b'],
  ]
  const post = (type: string | undefined, payload: string, authorization?: string) =>
    app.inject({
      method: 'POST',
      url: '/oauth/userinfo',
      headers: { ...HOST, ...(type && { 'content-type': type }), ...(authorization && { authorization }) },
      payload,
    })
  for (const [type, payload] of bodies) {
    const answer = await post(type, payload, `Bearer ${access_token}`)
    assert.equal(answer.statusCode, 200, String(type))
    assert.deepEqual(answer.json(), { sub: 'sub-alice' })
  }
  const form = `access_token=${access_token}`
  for (const type of ['application/X-WWW-Form-Urlencoded', 'application/x-www-form-urlencoded;charset=UTF-8'])
    assert.equal((await post(type, form)).statusCode, 200, type)
  for (const [type, payload] of [
    ['application/json', JSON.stringify({ access_token })],
    ['text/plain', form],
    ['text/plain; x=application/x-www-form-urlencoded', form],
    ['application/x-www-form-urlencoded-not', form],
    [undefined, form],
  ] as const)
    assert.equal((await post(type, payload)).statusCode, 401, String(type))
  const large = await post('application/json', ' '.repeat(70_000), `Bearer ${access_token}`)
  assert.equal(large.statusCode, 413)
})

test('oidcc-userinfo-rs256: a signed answer where the client asks for one (§5.3.2)', async (t) => {
  const { app } = await oidcServer(t, {}, { userinfo_signed_response_alg: 'ES256' })
  const { access_token } = await tokens(app, { scope: 'openid email' })
  const answer = await userinfo(app, access_token)
  assert.equal(answer.headers['content-type'], 'application/jwt')
  const claims = await verified(app, answer.body, { typ: null })
  assert.equal(claims.sub, 'sub-alice')
  assert.equal(claims.email, 'alice@example.com')
})

test('claims asked for by name follow what the client may ask for today, at userinfo and in ID tokens', async (t) => {
  const store = new MemoryStore()
  const claims = JSON.stringify({ userinfo: { name: null, email: null }, id_token: { phone_number: null } })
  const before = await oidcServer(t, { store })
  const given = await tokens(before.app, { claims })
  const after = await oidcServer(t, { store }, { scope: 'openid profile' })
  assert.deepEqual((await userinfo(after.app, given.access_token)).json(), {
    sub: 'sub-alice',
    name: 'Alice Liddell',
  })
  const { body } = await refresh(after.app, given.refresh_token)
  assert.deepEqual((await userinfo(after.app, body.access_token)).json(), {
    sub: 'sub-alice',
    name: 'Alice Liddell',
  })
  assert.equal((await verified(after.app, body.id_token)).phone_number, undefined)
})

test('a scope that a refresh left out does not come back by name; what was only asked for by name stays', async (t) => {
  const { app } = await oidcServer(t)
  const claims = JSON.stringify({ userinfo: { name: null, email: null } })
  const given = await tokens(app, { claims, scope: 'openid email' })
  const { body } = await refresh(app, given.refresh_token, { scope: 'openid' })
  assert.deepEqual((await userinfo(app, body.access_token)).json(), {
    sub: 'sub-alice',
    name: 'Alice Liddell',
  })
  assert.equal((await userinfo(app, given.access_token)).json().email, 'alice@example.com')
})
