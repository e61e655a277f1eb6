import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Agent, answerOf, WALK } from '../support/browser-agent.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { buildServer, type TestServer } from '../support/server.ts'
import { basic, direct, exchange, freshTokens, refresh } from '../support/token-client.ts'

const HOST = { host: 'localhost:8000' }

/** Why the last request was refused, as the log has it. */
function lastRefusal({ log }: TestServer) {
  const line = log.findLast(({ msg }) => msg === 'request refused')
  return { error: line?.error, client_id: line?.client_id, reason: line?.reason }
}

test('every refusal of the token endpoint is in the log: error, client, reason, by the request id', async (t) => {
  const server = await buildServer(t)
  const { app, log } = server
  const refused = async (form: Record<string, string>) => {
    await direct(app, form)
    return lastRefusal(server)
  }
  const client_id = 'test_client'
  assert.deepEqual(await refused({ grant_type: 'nothing' }), {
    error: 'unsupported_grant_type',
    client_id: undefined,
    reason: 'grant_type is one of authorization_code, refresh_token, client_credentials',
  })
  assert.deepEqual(await refused({ grant_type: 'authorization_code' }), {
    error: 'invalid_request',
    client_id,
    reason: 'the parameter code is missing',
  })
  await exchange(app, 'ac_unknown')
  assert.deepEqual(lastRefusal(server), { error: 'invalid_grant', client_id, reason: 'the code is unknown' })
  await refresh(app, 'rt_unknown')
  assert.equal(lastRefusal(server).reason, 'the refresh token is unknown or was revoked')
  const line = log.findLast(({ msg }) => msg === 'request refused')
  assert.equal(log.filter(({ msg, req }) => msg === 'request' && req === line?.req).length, 1)
})

test('a wrong client secret names the client; an unknown client id is not written down', async (t) => {
  const { app, log } = await buildServer(t)
  const failed = () => log.findLast(({ event }) => event === 'client_authentication_failed')
  const form = { grant_type: 'client_credentials' }
  await direct(app, form, { authorization: basic('test_client', 'wrong') })
  assert.equal(failed()?.client_id, 'test_client')
  assert.equal(failed()?.reason, 'wrong secret')
  await direct(app, form, { authorization: basic('the-secret-in-the-wrong-half', 'test_client') })
  assert.equal(failed()?.client_id, undefined)
  assert.equal(failed()?.reason, 'unknown client')
  assert.equal(JSON.stringify(log).includes('the-secret-in'), false)
})

test('what the authorization endpoint refuses is in the log, on a page and by redirect', async (t) => {
  const server = await buildServer(t)
  const { app, log } = server
  const page = await app.inject({
    url: '/oauth/authorize?client_id=secret-here&response_type=code',
    headers: HOST,
  })
  assert.equal(lastRefusal(server).reason, 'the client is unknown')
  // The page's reference leads to the line.
  const line = log.findLast(({ msg }) => msg === 'request refused')
  assert.ok(page.body.includes(String(line?.req)))
  await app.inject({ url: `${WALK}&prompt=none`, headers: HOST })
  assert.deepEqual(lastRefusal(server), {
    error: 'login_required',
    client_id: 'test_client',
    reason: 'prompt=none, but the person must be asked',
  })
  await app.inject({ url: WALK.replace('redirect_uri=https', 'redirect_uri=http'), headers: HOST })
  assert.match(String(lastRefusal(server).reason), /^redirect_uri is not one of https:\/\/www\.example\.com/)
  assert.equal(JSON.stringify(log).includes('secret-here'), false)
})

test('prompt=none: a store that is down reaches the client, for nobody else is looking; a person gets a page', async (t) => {
  const store = new FaultyMemoryStore()
  const { app } = await buildServer(t, { store })
  const agent = new Agent(app)
  await agent.authorize()
  store.fault = () => 'before'
  assert.equal((await agent.get(WALK)).statusCode, 503)
  const answer = answerOf(await agent.get(`${WALK}&prompt=none`))
  assert.equal(answer.get('error'), 'temporarily_unavailable')
  assert.equal(answer.get('state'), 'somestate')
  assert.equal(answer.get('iss'), 'http://localhost:8000')
  store.read = async () => {
    throw new TypeError('inner workings')
  }
  const fault = answerOf(await agent.get(`${WALK}&prompt=none`))
  assert.equal(fault.get('error'), 'server_error')
  assert.doesNotMatch(String(fault), /inner/)
})

test('an address that no route serves: 404, a page for browsers, never a pattern for the router', async (t) => {
  const { app, log } = await buildServer(t)
  const get = (url: string, headers = {}) => app.inject({ url, headers: { ...HOST, ...headers } })
  for (const url of ['/:a(', '/:(([a-z]+)+)$', '/****', '/oauth/token', '/%E4%BD%A0']) {
    const response = await get(url)
    assert.equal(response.statusCode, 404, url)
    assert.match(response.body, /\.well-known\/openid-configuration/)
  }
  const page = await get('/nowhere', { accept: 'text/html,*/*' })
  assert.equal(page.statusCode, 404)
  assert.match(page.body, /<h1>There is nothing here<\/h1>/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
  assert.ok(log.every(({ level }) => level !== 'error'))
})

test('405 names every method of the address; RFC 9110 §9.3.2: HEAD is answered like GET if that changes nothing', async (t) => {
  const { app } = await buildServer(t)
  const { access_token } = await freshTokens(app)
  const call = (method: 'GET' | 'HEAD' | 'DELETE', url: string, headers: Record<string, string> = HOST) =>
    app.inject({ method, url, headers: { ...headers, authorization: `Bearer ${access_token}` } })
  assert.equal((await call('DELETE', '/oauth/authorize')).headers.allow, 'GET, POST')
  assert.equal((await call('DELETE', '/healthz')).headers.allow, 'GET, HEAD')
  for (const url of [
    '/',
    '/login',
    '/logout',
    '/healthz',
    '/readyz',
    '/oauth/jwks',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/assets/postern.css',
    // Without the scope openid: 403 for both.
    '/oauth/userinfo',
  ]) {
    const [head, get] = [await call('HEAD', url), await call('GET', url)]
    assert.equal(head.statusCode, get.statusCode, url)
    assert.equal(head.body, '')
    for (const name of ['content-type', 'cache-control', 'www-authenticate', 'access-control-allow-origin'])
      assert.equal(head.headers[name], get.headers[name], `${url} ${name}`)
    assert.match(String((await call('DELETE', url)).headers.allow), /\bGET, HEAD\b/, url)
  }
  const other = { host: '127.0.0.1:8000' }
  for (const method of ['GET', 'HEAD'] as const)
    assert.equal((await call(method, '/login', other)).headers.location, 'http://localhost:8000/login')
  // A GET there issues a code, or ends a login: HEAD is no method of theirs.
  for (const url of [WALK, '/oauth/logout']) {
    const head = await call('HEAD', url)
    assert.equal(head.statusCode, 405)
    assert.equal(head.headers.allow, 'GET, POST')
  }
})

test('a malformed request is logged; headers that are too large are 431', async (t) => {
  const { app, log } = await buildServer(t)
  const response = await app.inject({ url: '/%zz', headers: HOST })
  assert.equal(response.statusCode, 400)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(address).port), '127.0.0.1', () => socket.end(text))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('close', () => resolve(answer)).on('error', reject)
    })
  assert.match(await raw('garbage\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.match(
    await raw(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  )
  const lines = log.filter(({ msg, route }) => msg === 'request' && route === 'none')
  assert.deepEqual(
    lines.map(({ status }) => status),
    [400, 400, 431],
  )
})

test('probes and assets are quiet where they succeed', async (t) => {
  const { app, log } = await buildServer(t)
  for (const url of ['/healthz', '/readyz', '/assets/postern.css']) await app.inject({ url, headers: HOST })
  assert.deepEqual(new Set(log.map(({ level }) => level)), new Set(['debug']))
})

test('the demo refuses what came through a proxy that does not say so', async (t) => {
  const { app } = await buildServer(t)
  for (const name of ['via', 'x-real-ip', 'cf-connecting-ip', 'forwarded', 'x-forwarded-proto']) {
    const response = await app.inject({ url: '/healthz', headers: { ...HOST, [name]: 'x' } })
    assert.equal(response.statusCode, 421, name)
  }
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1', () =>
      socket.end('GET /healthz HTTP/1.0\r\nhost: localhost:8000\r\n\r\n'),
    )
    socket.on('data', (chunk) => resolve(String(chunk)))
  })
  assert.match(answer, /^HTTP\/1\.1 421 /)
})

test('somebody else logged in than was asked for: refused, and the same URL asks again', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      { client_id: 'rp', client_secret: 's', redirect_uris: ['https://rp.example/cb'], scope: 'openid' },
    ],
  })
  const agent = new Agent(app)
  const claims = encodeURIComponent(JSON.stringify({ id_token: { sub: { value: 'somebody' } } }))
  const url = `/oauth/authorize?client_id=rp&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Frp.example%2Fcb&claims=${claims}`
  for (let round = 0; round < 2; round++) {
    const page = await agent.get(url)
    assert.match(page.body, /name="password"/)
    assert.equal(answerOf(await agent.login(page)).get('error'), 'login_required')
  }
})

test('client_credentials without a scope gives neither openid nor offline_access', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id: 'machine',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        scope: 'openid read offline_access write',
      },
    ],
  })
  const form = { grant_type: 'client_credentials' }
  const { body } = await direct(app, form, { authorization: basic('machine', 'secret') })
  assert.equal(body.scope, 'read write')
})

test('redirect_uri may not be left out where default_scope has openid', async (t) => {
  const { app } = await buildServer(t, {
    clients: [
      {
        client_id: 'rp',
        client_secret: 's',
        redirect_uris: ['https://rp.example/cb'],
        scope: 'openid email',
        default_scope: 'openid',
      },
    ],
  })
  const response = await app.inject({
    url: '/oauth/authorize?client_id=rp&response_type=code',
    headers: HOST,
  })
  assert.equal(response.statusCode, 400)
  assert.match(response.body, /redirect_uri is missing/)
})

test('a form that no longer fits says so; a browser without cookies is told of them; the log has the cause', async (t) => {
  const { app, log } = await buildServer(t)
  const agent = new Agent(app)
  const page = await agent.get('/login')
  const stale = await agent.post('/login', { csrf: 'stale', username: 'admin', password: 'admin' })
  assert.equal(stale.statusCode, 403)
  assert.match(stale.body, /was open for a while/)
  assert.match(stale.body, /value="admin"/)
  agent.cookies.clear()
  const cookieless = await agent.login(page)
  assert.match(cookieless.body, /sent no cookie/)
  const reasons = log.filter(({ msg }) => msg === 'form refused').map(({ reason }) => reason)
  assert.deepEqual(reasons, [
    'the form is of another page, account, request or time',
    'the browser sent no cookie',
  ])
})

test('a page repeats little of what anybody sent', async (t) => {
  const { app } = await buildServer(t)
  const long = 'Call+our+help+desk+'.repeat(500)
  const get = async (url: string, headers = {}) =>
    (await app.inject({ url, headers: { host: 'localhost', ...headers } })).body
  const pages = [
    await get(`/oauth/authorize?client_id=${long}`),
    await get(`${WALK.replace(/redirect_uri=[^&]*/, `redirect_uri=${long}`)}`),
    await get(`/oauth/logout?client_id=${long}`),
    await get(`/oauth/logout?client_id=test_client&post_logout_redirect_uri=${long}`),
    await get('/', { host: `${'a'.repeat(9000)}.example` }),
    await get('/', { [`x-forwarded-${'a'.repeat(9000)}`]: '1' }),
  ]
  for (const body of pages) assert.ok(body.length < 3000, `${body.length} ${body.slice(0, 300)}`)
  const scope = 'x'.repeat(2000)
  const narrow = {
    client_id: 'narrow',
    client_secret: 'narrow',
    redirect_uris: ['https://narrow.example/'],
    scope,
  }
  const { app: other } = await buildServer(t, { clients: [narrow] })
  const refused = await new Agent(other).get('/oauth/authorize?client_id=narrow&response_type=code&scope=y')
  assert.ok((answerOf(refused).get('error_description') ?? '').length <= 500)
  const agent = new Agent(app)
  const failed = await agent.login(await agent.get(WALK), 'a'.repeat(9000), 'wrong')
  assert.equal(failed.statusCode, 422)
  assert.ok(failed.body.length < 3000)
  const login = await get(`${WALK}&login_hint=${long}`)
  assert.match(login, /name="username" value=""/)
  assert.match(await get(`${WALK}&login_hint=ada`), /name="username" value="ada"/)
})
