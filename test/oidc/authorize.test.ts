import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../support/browser-agent.ts'
import {
  AUTHORIZATION,
  authorize,
  CALLBACK,
  exchange,
  ISSUER,
  oidcServer,
  request,
  tokens,
  verified,
} from '../support/oidc.ts'
import { direct } from '../support/token-client.ts'

test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow: and then the ID token has none', async (t) => {
  const { app } = await oidcServer(t)
  const body = await tokens(app, { nonce: undefined })
  assert.equal((await verified(app, body.id_token)).nonce, undefined)
})

test('oidcc-response-type-missing: invalid_request goes back with the state', async (t) => {
  const { app } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app), { response_type: undefined })
  assert.equal(parameters.get('error'), 'invalid_request')
  assert.equal(parameters.get('state'), 'some-state')
  assert.equal(parameters.get('iss'), ISSUER)
})

test('oidcc-ensure-registered-redirect-uri, oidcc-redirect-uri-query-added, oidcc-redirect-uri-query-mismatch: a page, no redirect', async (t) => {
  const { app } = await oidcServer(t, {}, { redirect_uris: [CALLBACK, `${CALLBACK}/two?foo=bar`] })
  const wrong = [
    'https://rp.example/elsewhere',
    `${CALLBACK}?foo=bar`,
    `${CALLBACK}/two`,
    `${CALLBACK}/two?foo=baz`,
    `${CALLBACK}/two?foo=bar&more=1`,
    `${CALLBACK}/`,
    'HTTPS://rp.example/cb',
  ]
  for (const redirect_uri of wrong) {
    const page = await new Agent(app).get(request({ redirect_uri }))
    assert.equal(page.statusCode, 400, redirect_uri)
    assert.equal(page.headers.location, undefined)
  }
})

test('oidcc-redirect-uri-query-OK: a registered query stays where it is', async (t) => {
  const redirect_uri = `${CALLBACK}?foo=bar`
  const { app } = await oidcServer(t, {}, { redirect_uris: [redirect_uri] })
  const { parameters, url } = await authorize(new Agent(app), { redirect_uri })
  assert.equal(parameters.get('foo'), 'bar')
  assert.ok(parameters.get('code'))
  assert.ok(url.href.startsWith(`${redirect_uri}&`))
})

test('oidcc-redirect-uri-regfrag: a fragment cannot be registered', async (t) => {
  await assert.rejects(oidcServer(t, {}, { redirect_uris: [`${CALLBACK}#here`] }), /redirect_uris\/0/)
})

test('oidcc-alternate-happy-flow: scopes and parameters in the reverse order', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  await authorize(agent, { scope: 'openid email' })
  const [path, query] = request({ scope: 'email openid' }).split('?')
  const answer = await agent.get(`${path}?${query?.split('&').reverse().join('&')}`)
  const code = new URL(String(answer.headers.location)).searchParams.get('code') ?? ''
  const { body } = await exchange(app, code)
  assert.ok(body.id_token)
  assert.equal(body.scope, 'email openid')
})

test('oidcc-ensure-redirect-uri-in-authorization-request: with openid it must be there, also if only one is registered', async (t) => {
  const { app } = await oidcServer(t)
  const page = await new Agent(app).get(request({ redirect_uri: undefined }))
  assert.deepEqual([page.statusCode, page.headers.location], [400, undefined])
})

test('oidcc-server-client-secret-post', async (t) => {
  const { app } = await oidcServer(t, {}, { token_endpoint_auth_method: 'client_secret_post' })
  const { parameters } = await authorize(new Agent(app))
  const form = {
    grant_type: 'authorization_code',
    code: parameters.get('code') ?? '',
    redirect_uri: CALLBACK,
  }
  const secret = { client_id: 'rp', client_secret: 'password' }
  assert.equal((await direct(app, form, { authorization: AUTHORIZATION })).status, 401, 'not by Basic')
  assert.equal((await direct(app, { ...form, ...secret }, { authorization: '' })).status, 200)
})

test('oidcc-ensure-post-request-succeeds: an authorization request by POST', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const [path = '', query = ''] = request().split('?')
  agent.headers = { host: 'localhost:8000', 'sec-fetch-site': 'cross-site' }
  const posted = await agent.post(path, Object.fromEntries(new URLSearchParams(query)))
  assert.equal(posted.statusCode, 303)
  agent.headers = { host: 'localhost:8000' }
  const page = await agent.login(await agent.follow(posted), 'alice', 'wonderland')
  const answer = await agent.submit(page, { decision: 'approve' })
  const code = new URL(String(answer.headers.location)).searchParams.get('code') ?? ''
  assert.equal((await exchange(app, code)).status, 200)
})

test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported, oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async (t) => {
  const { app } = await oidcServer(t)
  const refused = async (more: Record<string, string>) =>
    (await authorize(new Agent(app), more)).parameters.get('error')
  assert.equal(await refused({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported')
  assert.equal(await refused({ request_uri: 'https://rp.example/request.jwt' }), 'request_uri_not_supported')
})

const requestObject = (payload: object) =>
  `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`

test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported, with state and response_mode in the object alone', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const ask = (payload: object, more: Record<string, string | undefined> = {}) =>
    authorize(agent, { state: undefined, request: requestObject(payload), ...more })
  const page = await agent.get(
    request({ state: undefined, request: requestObject({ state: 'of object', response_mode: 'form_post' }) }),
  )
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /action="https:\/\/rp\.example\/cb"/)
  assert.match(page.body, /name="error" value="request_not_supported"/)
  assert.match(page.body, /name="state" value="of object"/)
  const object = { state: 'of object', response_mode: 'fragment' }
  const fragment = await ask(object)
  assert.notEqual(fragment.url.hash, '')
  assert.equal(fragment.parameters.get('state'), 'of object')
  const own = await ask(object, { state: 'own', response_mode: 'query' })
  assert.equal(own.url.hash, '', "the query's own win")
  assert.equal(own.parameters.get('state'), 'own')
  // Nothing else of it counts: neither where the answer goes nor what it may be.
  const evil = { redirect_uri: 'https://evil.example/', client_id: 'test_client', response_type: 'id_token' }
  const { url, parameters } = await ask({ ...object, ...evil, response_mode: 'query' })
  assert.equal(url.origin + url.pathname, CALLBACK)
  assert.equal(url.hash, '')
  assert.equal(parameters.get('error'), 'request_not_supported')
  const token = await ask({ ...object, response_mode: 'query' }, { response_type: 'id_token token' })
  assert.notEqual(token.url.hash, '', "the response type's rule for modes holds")
  const unknown = await ask({ state: ['x'], response_mode: 'web_message' })
  assert.deepEqual([unknown.url.hash, unknown.parameters.get('state')], ['', null])
  const twice = await agent.get(`${request({ request: requestObject(object) })}&state=other`)
  assert.equal(
    new URL(String(twice.headers.location)).searchParams.get('state'),
    null,
    'a repeated state is none',
  )
})

test('oidcc-ensure-request-object-with-redirect-uri: a registered one in the object does not mend the one in the query', async (t) => {
  const { app } = await oidcServer(t)
  const object = requestObject({ redirect_uri: CALLBACK })
  const page = await new Agent(app).get(
    request({ redirect_uri: 'https://rp.example/other', request: object }),
  )
  assert.deepEqual([page.statusCode, page.headers.location], [400, undefined])
  assert.match(page.body, /redirect_uri &#39;https:\/\/rp\.example\/other&#39; is not registered/)
})

test('oidcc-ensure-request-with-valid-pkce-succeeds', async (t) => {
  const { app } = await oidcServer(t)
  // RFC 7636, appendix B.
  const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const { parameters } = await authorize(new Agent(app), { code_challenge, code_challenge_method: 'S256' })
  const form = {
    grant_type: 'authorization_code',
    code: parameters.get('code') ?? '',
    redirect_uri: CALLBACK,
  }
  const exchanged = await direct(app, { ...form, code_verifier }, { authorization: AUTHORIZATION })
  assert.ok((await verified(app, exchanged.body.id_token)).sub)
})

test('oidcc-codereuse: at once', async (t) => {
  const { app } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app))
  const code = parameters.get('code') ?? ''
  assert.equal((await exchange(app, code)).status, 200)
  const second = await exchange(app, code)
  assert.deepEqual([second.status, second.body.error], [400, 'invalid_grant'])
})

test('oidcc-display-popup, oidcc-claims-locales: what is not known to us does no harm', async (t) => {
  const { app } = await oidcServer(t)
  for (const more of [
    { display: 'popup' },
    { display: 'touch' },
    { claims_locales: 'se' },
    { ui_locales: 'xx' },
  ])
    assert.ok((await tokens(app, more)).id_token)
})

test('Registration §2: policy and terms of the client are on the login page and on the consent page, as links that tell nobody', async (t) => {
  const links = {
    client_uri: 'https://rp.example/about',
    policy_uri: 'https://rp.example/privacy?a=1&b="2"',
    tos_uri: 'https://rp.example/terms',
  }
  const { app } = await oidcServer(t, {}, links)
  const agent = new Agent(app)
  const login = await agent.get(request())
  const consent = await agent.login(login, 'alice', 'wonderland')
  for (const { body } of [login, consent]) {
    for (const uri of Object.values(links)) {
      const href = uri.replaceAll('&', '&amp;').replaceAll('"', '&#34;')
      assert.ok(body.includes(`<a href="${href}" target="_blank" rel="noopener noreferrer">`), href)
    }
  }
  const { app: bare } = await oidcServer(t)
  assert.doesNotMatch((await new Agent(bare).get(request())).body, /class="links"/)
  assert.doesNotMatch((await new Agent(bare).get('/login')).body, /class="links"/)
})

test('a nonce of 512 characters comes back; a longer one is refused, not cut', async (t) => {
  const { app } = await oidcServer(t)
  const nonce = 'n'.repeat(512)
  assert.equal((await verified(app, (await tokens(app, { nonce })).id_token)).nonce, nonce)
  const { parameters } = await authorize(new Agent(app), { nonce: `${nonce}n` })
  assert.equal(parameters.get('error'), 'invalid_request')
})
