import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { listen } from '../support/listen.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const authorize = (parameters: Record<string, string>) =>
  `/oauth/authorize?${new URLSearchParams({
    client_id: 'test_client',
    redirect_uri: 'https://www.example.com/redirect',
    response_type: 'code',
    state: 's',
    ...parameters,
  })}`

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const SPA = {
  client_id: 'spa',
  redirect_uris: ['https://spa.example/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb'],
  scope: 'email profile openid offline_access',
}

test('RFC 6749 §4.1.2.1: an unknown client or a wrong redirect URI gets a page, never a redirect', async (t) => {
  const { app } = await buildServer(t, { clients: [{ ...SPA, client_name: 'Spa' }] })
  const agent = new Agent(app)
  const wrong = [
    authorize({ client_id: 'nobody' }),
    authorize({ redirect_uri: 'https://evil.example/' }),
    authorize({ redirect_uri: 'https://www.example.com/redirect/' }),
    authorize({ redirect_uri: 'https://www.example.com/redirect?x=1' }),
    '/oauth/authorize?response_type=code',
    `${WALK}&client_id=test_client`,
    `${WALK}&redirect_uri=https%3A%2F%2Fevil.example%2F`,
    authorize({ client_id: 'spa', redirect_uri: 'http://127.0.0.1:1@evil.example/cb' }),
    '/oauth/authorize?client_id=spa&response_type=code',
  ]
  for (const url of wrong) {
    const response = await agent.get(url)
    assert.equal(response.statusCode, 400, url)
    assert.equal(response.headers.location, undefined, url)
    assert.match(String(response.headers['content-type']), /text\/html/)
  }
})

test('RFC 6749 §4.1.2.1: what is asked for in a wrong redirect URI is shown escaped', async (t) => {
  const { app } = await buildServer(t)
  const response = await new Agent(app).get(
    authorize({ redirect_uri: 'https://x/<script>alert(1)</script>' }),
  )
  assert.doesNotMatch(response.body, /<script>/)
  assert.match(response.body, /&lt;script&gt;/)
})

test('RFC 6749 §4.1.2.1: any other error goes to the client, with state and iss (RFC 9207)', async (t) => {
  const { app } = await buildServer(t, { clients: [SPA] })
  const agent = new Agent(app)
  const spa = { client_id: 'spa', redirect_uri: 'https://spa.example/cb' }
  const cases: [string, string][] = [
    [authorize({ response_type: 'token' }), 'unauthorized_client'],
    [authorize({ response_type: 'saml' }), 'unsupported_response_type'],
    [authorize({ response_type: '' }), 'invalid_request'],
    [authorize({ scope: 'admin' }), 'invalid_scope'],
    [authorize({ scope: 'email openid' }), 'invalid_scope'],
    [authorize({ scope: 'email  x' }), 'invalid_scope'],
    [`${WALK}&scope=email`, 'invalid_request'],
    [authorize({ request: 'e30.e30.' }), 'request_not_supported'],
    [authorize({ request_uri: 'urn:x' }), 'request_uri_not_supported'],
    [authorize({ prompt: 'none' }), 'login_required'],
    [authorize({ prompt: 'none login' }), 'invalid_request'],
    [authorize({ prompt: 'create' }), 'invalid_request'],
    [authorize({ max_age: 'soon' }), 'invalid_request'],
    [authorize({ response_mode: 'web_message' }), 'invalid_request'],
    [authorize(spa), 'invalid_request'],
    [authorize({ ...spa, code_challenge: CHALLENGE }), 'invalid_request'],
    [authorize({ ...spa, code_challenge: CHALLENGE, code_challenge_method: 'plain' }), 'invalid_request'],
    [authorize({ ...spa, code_challenge: 'short', code_challenge_method: 'S256' }), 'invalid_request'],
    [authorize({ code_challenge_method: 'S256' }), 'invalid_request'],
  ]
  for (const [url, error] of cases) {
    const parameters = answerOf(await agent.get(url))
    assert.equal(parameters.get('error'), error, url)
    assert.equal(parameters.get('state'), url.includes('somestate') ? 'somestate' : 's', url)
    assert.equal(parameters.get('iss'), 'http://localhost:8000', url)
    assert.ok(parameters.get('error_description'), url)
  }
})

test('RFC 6749 §4.1.2.1: a repeated state is an error that carries no state', async (t) => {
  const { app } = await buildServer(t)
  const parameters = answerOf(await new Agent(app).get(`${WALK}&state=other`))
  assert.equal(parameters.get('error'), 'invalid_request')
  assert.equal(parameters.get('state'), null)
})

const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }

test('RFC 8252 §7.3: the port of a loopback redirect may differ; §8.1: a public client must use PKCE', async (t) => {
  const { app } = await buildServer(t, { clients: [SPA] })
  const agent = new Agent(app)
  const loopback = { client_id: 'spa', redirect_uri: 'http://127.0.0.1:51234/cb' }
  const refused = answerOf(await agent.get(authorize(loopback)))
  assert.equal(refused.get('error'), 'invalid_request')
  assert.match(refused.get('error_description') ?? '', /client spa .*require_pkce/)
  assert.equal((await agent.get(authorize({ ...loopback, ...PKCE }))).statusCode, 200)
  const other = { ...loopback, redirect_uri: 'http://127.0.0.1:51234/other', ...PKCE }
  assert.equal((await agent.get(authorize(other))).headers.location, undefined)
})

const DEVELOPER = {
  client_id: 'dev',
  client_secret: 'a secret of a developer',
  redirect_uris: ['http://localhost:3000/callback', 'https://dev.example/callback'],
  scope: 'email profile',
}

test('RFC 9700 §2.1.1: a client with a secret uses PKCE as require_pkce says, on http://localhost too', async (t) => {
  const strict = { ...DEVELOPER, client_id: 'strict', require_pkce: true }
  const { app } = await buildServer(t, { clients: [DEVELOPER, strict] })
  const redirects = [...DEVELOPER.redirect_uris, 'http://localhost:49152/callback']
  for (const redirect_uri of redirects) {
    const agent = new Agent(app)
    const asked = { redirect_uri, scope: 'email' }
    const code = (await agent.authorize(authorize({ client_id: 'dev', ...asked }))).get('code') as string
    const authorization = basic('dev', DEVELOPER.client_secret)
    const form = { grant_type: 'authorization_code', code, redirect_uri }
    const verifier = { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }
    // RFC 9700 §2.1.1: or a challenge that was taken out on the way would go unnoticed.
    const downgraded = await direct(app, { ...form, ...verifier }, { authorization })
    assert.deepEqual([downgraded.status, downgraded.body.error], [400, 'invalid_grant'])
    assert.equal((await direct(app, form, { authorization })).status, 200)
    const refused = answerOf(await agent.get(authorize({ client_id: 'strict', ...asked })))
    assert.equal(refused.get('error'), 'invalid_request')
    assert.match(refused.get('error_description') ?? '', /client strict .*require_pkce: true/)
    assert.equal((await agent.get(authorize({ client_id: 'strict', ...asked, ...PKCE }))).statusCode, 200)
  }
})

test('RFC 8252 §8.2: on another port than the registered one nobody gets a token from the answer, only a code', async (t) => {
  const tokens = {
    redirect_uris: ['http://127.0.0.1:3000/cb'],
    scope: 'openid email',
    grant_types: ['authorization_code' as const, 'implicit' as const],
    response_types: ['code', 'token', 'id_token', 'code id_token token', 'none'] as const,
  }
  const { app } = await buildServer(t, {
    clients: [
      { ...tokens, response_types: [...tokens.response_types], client_id: 'public' },
      {
        ...tokens,
        response_types: [...tokens.response_types],
        client_id: 'secret',
        client_secret: 'a secret of 16 chars',
      },
    ],
  })
  const agent = new Agent(app)
  for (const client_id of ['public', 'secret']) {
    for (const response_type of tokens.response_types) {
      const asked = { client_id, response_type, nonce: 'n', scope: 'openid email', ...PKCE }
      const floating = authorize({ ...asked, redirect_uri: 'http://127.0.0.1:49152/cb' })
      const answer = await agent.authorize(floating)
      const title = `${client_id} ${response_type}`
      if (response_type === 'code') assert.ok(answer.get('code'), title)
      else assert.deepEqual([answer.get('error'), answer.get('code')], ['unauthorized_client', null], title)
      const registered = authorize({ ...asked, redirect_uri: 'http://127.0.0.1:3000/cb' })
      assert.equal((await agent.authorize(registered)).get('error'), null, title)
    }
  }
})

test('RFC 8252 §8.6: a public client on loopback or a private scheme is asked every time; on https it is remembered', async (t) => {
  const { app } = await buildServer(t, { clients: [SPA] })
  const agent = new Agent(app)
  const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256', client_id: 'spa', scope: 'email' }
  for (const redirect_uri of ['http://127.0.0.1:5000/cb', 'com.example.app:/cb']) {
    assert.ok((await agent.authorize(authorize({ ...pkce, redirect_uri }))).get('code'))
    assert.match((await agent.get(authorize({ ...pkce, redirect_uri }))).body, /value="approve"/)
    const silent = answerOf(await agent.get(authorize({ ...pkce, redirect_uri, prompt: 'none' })))
    assert.equal(silent.get('error'), 'consent_required')
  }
  assert.ok(
    answerOf(await agent.get(authorize({ ...pkce, redirect_uri: 'https://spa.example/cb' }))).get('code'),
  )
})

test('RFC 6749 §3.1: POST turns into the GET with the same parameters, without reading a cookie', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const response = await agent.post('/oauth/authorize', {
    client_id: 'test_client',
    response_type: 'code',
    state: 'ä&=',
  })
  assert.equal(response.statusCode, 303)
  const location = new URL(String(response.headers.location), 'http://localhost:8000')
  assert.equal(location.searchParams.get('state'), 'ä&=')
  assert.equal(response.headers['set-cookie'], undefined)
})

test('an authorization request is as large by POST as by GET, through login and consent; beyond it both say the limit', async (t) => {
  const { issuer } = await listen(t)
  const cookies = new Map<string, string>()
  const send = async (url: string, form?: Record<string, string>) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(new URL(url, issuer), {
      redirect: 'manual',
      headers: { cookie, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
    })
    for (const one of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      cookies.set(name, value)
    }
    const { status, headers } = response
    return { status, location: headers.get('location') ?? '', body: await response.text() }
  }
  const csrf = (body: string) => /name="csrf" value="([^"]*)"/.exec(body)?.[1] ?? ''
  const walk = new URLSearchParams(WALK.split('?')[1])
  const asked = (length: number) => {
    const bare = Object.fromEntries([...walk, ['state', '']])
    const rest = new URLSearchParams(bare).toString().length + 1
    return { ...bare, state: 's'.repeat(length - rest) }
  }
  const most = asked(15_360)
  const query = `?${new URLSearchParams(most)}`
  assert.equal(query.length, 15_360)
  const posted = await send('/oauth/authorize', most)
  assert.equal(posted.status, 303)
  for (const url of [posted.location, `/oauth/authorize${query}`]) {
    cookies.clear()
    const { body: login } = await send(url)
    const path = url.slice(url.indexOf('?'))
    const logged = await send(`/login${path}`, { csrf: csrf(login), username: 'admin', password: 'admin' })
    let { location } = logged
    const page = await send(location)
    if (page.status === 200) {
      const consent = { csrf: csrf(page.body), decision: 'approve' }
      location = (await send(`/consent${path}`, consent)).location
    } else location = page.location
    const answer = new URL(location).searchParams
    assert.ok(answer.get('code'))
    assert.equal(answer.get('state'), most.state)
  }
  const more = asked(15_361)
  const refused = [
    await send('/oauth/authorize', more),
    await send(`/oauth/authorize?${new URLSearchParams(more)}`),
  ]
  for (const { status, body } of refused) {
    assert.equal(status, 400)
    assert.match(body, /15360 is the most, by GET and by POST/)
  }
})

test('a space in an answer is %20: in a query, in a fragment, in an error', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  await agent.authorize()
  const state = 'a b+c&d=%20'
  const encoded = 'state=a%20b%2Bc%26d%3D%2520'
  for (const more of [{}, { response_mode: 'fragment' }, { prompt: 'create' }] as Record<string, string>[]) {
    const { location } = (await agent.get(authorize({ state, scope: 'email', ...more }))).headers
    assert.ok(String(location).includes(encoded), String(location))
    assert.ok(!String(location).includes('+'))
  }
})

test('the redirect URI may be left out where one is registered, and not where openid is asked for', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id: 'one',
        client_secret: 'x',
        redirect_uris: ['https://one.example/?a=b'],
        scope: 'openid email',
      },
    ],
  })
  const agent = new Agent(app)
  const answer = await agent.authorize('/oauth/authorize?client_id=one&response_type=code')
  assert.equal(answer.get('a'), 'b')
  assert.equal(answer.get('scope'), 'email')
  assert.equal(
    (await agent.get('/oauth/authorize?client_id=one&response_type=code&scope=openid')).statusCode,
    400,
  )
})

test('response_mode fragment and form_post carry the same answer', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const fragment = await agent.authorize(`${WALK}&response_mode=fragment`)
  assert.ok(fragment.get('code'))
  const page = await agent.get(`${WALK}&response_mode=form_post`)
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /action="https:\/\/www\.example\.com\/redirect"/)
  assert.match(page.body, /name="code" value="ac_/)
  assert.match(page.body, /<noscript><button/)
  assert.doesNotMatch(page.body, /<script>/)
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
})

test('a code is issued once per approval: the same consent form posted again gives another one, or asks', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  const consent = await agent.login(await agent.get(WALK))
  const approve = async () => answerOf(await agent.submit(consent, { decision: 'approve' })).get('code')
  const [first, second] = [await approve(), await approve()]
  assert.ok(first && second && first !== second)
  // Where the request had to be proven by a login, the first answer spends that: the form leads to a login again.
  const proven = await agent.login(await agent.get(`${WALK}&prompt=login%20consent`))
  assert.ok(answerOf(await agent.submit(proven, { decision: 'approve' })).get('code'))
  assert.match((await agent.submit(proven, { decision: 'approve' })).body, /name="password"/)
})

test('trust_loopback: a public client on this machine is remembered; without it, always asked (RFC 8252 §8.6)', async (t) => {
  const client = { redirect_uris: ['http://127.0.0.1/cb'], scope: 'email' }
  const { app } = await buildServer(t, {
    clients: [
      { client_id: 'asked', ...client },
      { client_id: 'trusted', trust_loopback: true, ...client },
    ],
  })
  const agent = new Agent(app)
  const pkce = '&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256'
  const url = (client_id: string) =>
    `/oauth/authorize?client_id=${client_id}&response_type=code&redirect_uri=${encodeURIComponent('http://127.0.0.1:9999/cb')}${pkce}`
  for (const client_id of ['asked', 'trusted']) assert.ok((await agent.authorize(url(client_id))).get('code'))
  assert.match((await agent.get(url('asked'))).body, /value="approve"/)
  assert.ok(answerOf(await agent.get(url('trusted'))).get('code'))
})

test('the headers of a page: not framed, not cached, nothing inline, no referrer to other sites', async (t) => {
  const { app } = await buildServer(t, { env: { ISSUER: 'https://id.example' } })
  const page = await app.inject({ url: WALK, headers: { host: 'localhost', cookie: 'postern_at_issuer=1' } })
  assert.equal(page.statusCode, 200)
  const policy = String(page.headers['content-security-policy']).split('; ')
  for (const rule of ["default-src 'none'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(rule), rule)
  assert.ok(policy.includes("script-src 'self'") && !policy.some((rule) => rule.includes('unsafe')))
  assert.doesNotMatch(
    page.body,
    /<script(?! src="\/assets\/postern\.js\?v=\w+" defer><\/script>)|<style|style="| on[a-z]+="/,
  )
  assert.equal(page.headers['x-frame-options'], 'DENY')
  assert.equal(page.headers['cache-control'], 'no-store')
  assert.equal(page.headers['referrer-policy'], 'same-origin')
  assert.match(String(page.headers['strict-transport-security']), /max-age=/)
  const cookie = page.cookies.find(({ name }) => name === '__Host-postern_browser')
  assert.equal(cookie?.path, '/')
  assert.ok(cookie?.httpOnly && cookie.secure && cookie.sameSite === 'Lax')
})

test('skip_consent clients are never asked, and prompt=none works for them', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id: 'first',
        client_secret: 'x',
        redirect_uris: ['https://first.example/'],
        scope: 'email',
        skip_consent: true,
      },
    ],
  })
  const agent = new Agent(app)
  const url = '/oauth/authorize?client_id=first&response_type=code&scope=email'
  const answer = await agent.login(await agent.get(url))
  assert.ok(answerOf(answer).get('code'))
  assert.ok(answerOf(await agent.get(`${url}&prompt=none`)).get('code'))
  assert.match((await agent.get(`${url}&prompt=consent`)).body, /value="approve"/)
})

test('HEAD does not run the authorization endpoint', async (t) => {
  const { app } = await buildServer(t)
  const response = await app.inject({ method: 'HEAD', url: WALK, headers: { host: 'localhost' } })
  assert.equal(response.statusCode, 405)
})
