import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { Agent } from '../support/browser-agent.ts'
import { authorize, exchange, oidcServer, request, userinfo, verified } from '../support/oidc.ts'

const half = (text: string) => hash('sha256', text, 'buffer').subarray(0, 16).toString('base64url')

const TYPES = [
  ['code', 'code'],
  ['id_token', 'id_token'],
  ['id_token token', 'access_token id_token'],
  ['token id_token', 'access_token id_token'],
  ['code id_token', 'code id_token'],
  ['code token', 'code access_token'],
  ['code id_token token', 'code access_token id_token'],
  ['token', 'access_token'],
  ['none', ''],
] as const

for (const [response_type, gives] of TYPES) {
  test(`oidcc-server with response_type=${response_type}: gives ${gives || 'nothing'}, and no more`, async (t) => {
    const { app } = await oidcServer(t)
    const agent = new Agent(app)
    const { parameters, url } = await authorize(agent, { response_type })
    const expected = gives === '' ? [] : gives.split(' ')
    const found = ['code', 'access_token', 'id_token'].filter((name) => parameters.has(name))
    assert.deepEqual(found, expected)
    assert.equal(parameters.get('state'), 'some-state')
    assert.equal(parameters.get('iss'), 'http://localhost:8000')
    const inQuery = response_type === 'code' || response_type === 'none'
    assert.equal(url.hash === '', inQuery, 'the default mode')
    const code = parameters.get('code') ?? ''
    const access_token = parameters.get('access_token') ?? ''
    if (access_token !== '') {
      assert.equal(parameters.get('token_type'), 'Bearer')
      assert.equal(parameters.get('expires_in'), '300')
      assert.equal((await userinfo(app, access_token)).statusCode, 200)
    }
    if (parameters.has('id_token')) {
      const claims = await verified(app, parameters.get('id_token') ?? '')
      assert.equal(claims.nonce, 'some-nonce')
      assert.equal(claims.at_hash, access_token === '' ? undefined : half(access_token))
      assert.equal(claims.c_hash, code === '' ? undefined : half(code))
      assert.equal(claims.s_hash, code === '' ? undefined : half('some-state'))
    }
    if (code !== '') {
      const { status, body } = await exchange(app, code)
      assert.equal(status, 200)
      assert.equal((await verified(app, body.id_token)).nonce, 'some-nonce')
    }
  })
}

test('id_token alone carries the claims of its scopes (§5.4)', async (t) => {
  const { app } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app), { response_type: 'id_token', scope: 'openid email' })
  assert.equal((await verified(app, parameters.get('id_token') ?? '')).email, 'alice@example.com')
})

test('oidcc-ensure-request-without-nonce-fails where an ID token comes from here, and only there', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  for (const response_type of ['id_token', 'id_token token', 'code id_token', 'code id_token token']) {
    const { parameters, url } = await authorize(agent, { response_type, nonce: undefined })
    assert.equal(parameters.get('error'), 'invalid_request', response_type)
    assert.notEqual(url.hash, '', 'errors come where the client looks')
  }
  for (const response_type of ['code', 'code token', 'token'])
    assert.equal((await authorize(agent, { response_type, nonce: undefined })).parameters.get('error'), null)
})

test('Core §11: offline_access is ignored without a code, so nothing outlives the logout', async (t) => {
  const { app } = await oidcServer(t)
  const scope = 'openid offline_access'
  for (const response_type of ['token', 'id_token token', 'code token']) {
    const agent = new Agent(app)
    const { parameters } = await authorize(agent, { response_type, scope })
    const code = response_type.startsWith('code')
    assert.equal(parameters.get('scope'), code ? scope : 'openid', response_type)
    const access_token = parameters.get('access_token') ?? ''
    assert.equal((await userinfo(app, access_token)).statusCode, 200)
    await agent.submit(await agent.get('/oauth/logout'), {})
    assert.equal((await userinfo(app, access_token)).statusCode, code ? 200 : 401, response_type)
  }
})

test('Multiple Response Types §5: a token never in a query', async (t) => {
  const { app } = await oidcServer(t)
  for (const response_type of ['token', 'id_token', 'code token']) {
    const { parameters, url } = await authorize(new Agent(app), { response_type, response_mode: 'query' })
    assert.equal(parameters.get('error'), 'invalid_request')
    assert.notEqual(url.hash, '')
  }
})

test('oidcc-server with response_mode=form_post: every type travels by POST', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  await authorize(agent)
  const page = await agent.get(request({ response_type: 'code id_token token', response_mode: 'form_post' }))
  assert.equal(page.statusCode, 200)
  for (const name of ['code', 'id_token', 'access_token', 'state', 'iss'])
    assert.match(page.body, new RegExp(`name="${name}" value="[^"]+"`))
})

test('a client is given only the response types that it is registered for', async (t) => {
  const { app } = await oidcServer(t, {}, { response_types: ['code'], grant_types: ['authorization_code'] })
  const { parameters } = await authorize(new Agent(app), { response_type: 'id_token' })
  assert.equal(parameters.get('error'), 'unauthorized_client')
  const unknown = await authorize(new Agent(app), { response_type: 'saml' })
  assert.equal(unknown.parameters.get('error'), 'unsupported_response_type')
  await assert.rejects(
    oidcServer(t, {}, { response_types: ['token'], grant_types: ['authorization_code'] }),
    /response_types.*token needs the implicit grant type/,
  )
})

test('a token of the front channel can be revoked and dies with its hybrid code used twice', async (t) => {
  const { app } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app), { response_type: 'code token' })
  const code = parameters.get('code') ?? ''
  const access_token = parameters.get('access_token') ?? ''
  assert.equal((await exchange(app, code)).status, 200)
  assert.equal((await userinfo(app, access_token)).statusCode, 200)
  assert.equal((await exchange(app, code)).status, 400)
  assert.equal((await userinfo(app, access_token)).statusCode, 401)
})
