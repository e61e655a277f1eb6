import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { makeInitialAccessToken } from '../../src/clients/introduced/initial-access.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { onEachStore } from '../support/each-store.ts'
import { buildServer, type TestServerOptions } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

// What clients of 2026 send, as they have been seen to.
const CLIENTS: Record<string, { sent: Record<string, unknown>; uri: string }> = {
  'Claude Code': {
    sent: {
      ...{
        client_name: 'Claude Code',
        redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      },
      ...{
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
    },
    uri: 'http://localhost:51234/callback',
  },
  'claude.ai': {
    sent: {
      ...{
        client_name: 'Claude',
        redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
        scope: 'mcp:read',
      },
      ...{
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        token_endpoint_auth_method: 'none',
      },
    },
    uri: 'https://claude.ai/api/mcp/auth_callback',
  },
  'VS Code': {
    sent: {
      client_name: 'Visual Studio Code',
      redirect_uris: [
        'https://vscode.dev/redirect',
        'https://insiders.vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      ...{ response_types: ['code'], token_endpoint_auth_method: 'none', application_type: 'native' },
    },
    uri: 'http://127.0.0.1:40001/',
  },
  Cursor: {
    sent: {
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      ...{ client_name: 'Cursor', token_endpoint_auth_method: 'none', application_type: 'web' },
    },
    uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  },
  Inspector: {
    sent: {
      client_name: 'MCP Inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      token_endpoint_auth_method: 'none',
    },
    uri: 'http://localhost:6274/oauth/callback',
  },
  'one with a secret': {
    sent: { client_name: 'Site', redirect_uris: ['https://site.example/cb'] },
    uri: 'https://site.example/cb',
  },
}

const HEADERS = { host: 'localhost:8000', 'content-type': 'application/json' }

async function register(app: FastifyInstance, body: unknown, headers: Record<string, string> = {}) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await app.inject({
    method: 'POST',
    url: '/oauth/register',
    headers: { ...HEADERS, ...headers },
    payload,
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

function asking(client_id: string, redirect_uri: string, more: Record<string, string> = {}): string {
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  return `/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: 'code', state: 's', ...challenge, ...more })}`
}

const server = (t: TestContext, options: TestServerOptions = {}) => buildServer(t, options)

onEachStore('clients that introduce themselves', (open) => {
  for (const [name, { sent, uri }] of Object.entries(CLIENTS)) {
    test(`${name} registers, logs in, refreshes without scope; registering again asks nobody again`, async (t) => {
      const { app } = await server(t, { store: await open() })
      const { status, body } = await register(app, sent)
      assert.equal(status, 201, JSON.stringify(body))
      const { client_id, client_secret } = body
      assert.ok(client_id.length < 1000 && !client_id.startsWith('https://'))
      assert.deepEqual([body.redirect_uris, body.response_types], [sent.redirect_uris, ['code']])
      assert.deepEqual([...body.grant_types].sort(), ['authorization_code', 'refresh_token'])
      const agent = new Agent(app)
      let page = await agent.login(await agent.follow(await agent.get(asking(client_id, uri))))
      assert.match(page.body, /Nobody here has checked this app/)
      if (!uri.startsWith('https:')) assert.match(page.body, /runs on your own device/)
      page = await agent.submit(page, { decision: 'approve' })
      const code = answerOf(page).get('code') ?? ''
      const authorization = client_secret === undefined ? '' : basic(client_id, client_secret)
      const own: Record<string, string> = client_secret === undefined ? { client_id } : {}
      const grant = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: uri,
        code_verifier: VERIFIER,
        ...own,
      }
      const tokens = await direct(app, grant, { authorization })
      assert.equal(tokens.status, 200, JSON.stringify(tokens.body))
      const again = { grant_type: 'refresh_token', refresh_token: tokens.body.refresh_token, ...own }
      const refreshed = await direct(app, again, { authorization })
      assert.deepEqual([refreshed.status, refreshed.body.scope], [200, tokens.body.scope])
      if (client_secret !== undefined) {
        assert.equal(
          (await direct(app, again, { authorization: basic(client_id, 'wrong') })).body.error,
          'invalid_client',
        )
        return
      }
      const second = await register(app, sent)
      assert.equal(second.body.client_id, client_id)
      const next = await agent.get(asking(client_id, uri))
      // Whoever listens on the device may be another program each time (RFC 8252 §8.6).
      if (uri.startsWith('https:')) assert.ok(answerOf(next).has('code'), 'approved before')
      else assert.match(next.body, /value="approve"/)
    })
  }

  test('with a secret: ten ids of one registration are asked for once, are one application, and go together', async (t) => {
    const { app } = await server(t, { store: await open() })
    const uri = 'https://site.example/cb'
    const sent = {
      client_name: 'Site',
      redirect_uris: [uri],
      grant_types: ['authorization_code', 'refresh_token'],
    }
    const ids = await Promise.all(Array.from({ length: 10 }, () => register(app, sent)))
    const agent = new Agent(app)
    const begin = async ({ body }: (typeof ids)[number]) =>
      agent.follow(await agent.get(asking(body.client_id, uri)))
    const tokens: Record<string, string>[] = []
    for (const [at, one] of ids.entries()) {
      let page = await begin(one)
      if (at === 0) {
        page = await agent.submit(await agent.login(page), { decision: 'approve' })
      }
      const code = answerOf(page).get('code') ?? ''
      const { client_id, client_secret } = one.body
      const grant = { grant_type: 'authorization_code', code, redirect_uri: uri, code_verifier: VERIFIER }
      const { status, body } = await direct(app, grant, { authorization: basic(client_id, client_secret) })
      assert.equal(status, 200, JSON.stringify(body))
      tokens.push({ refresh_token: body.refresh_token, authorization: basic(client_id, client_secret) })
    }
    const page = await agent.get('/account')
    assert.equal(page.body.match(/<bdi>Site<\/bdi>/g)?.length, 1)
    assert.doesNotMatch((await agent.submit(page, {})).body, /<bdi>Site<\/bdi>/)
    for (const { refresh_token = '', authorization = '' } of tokens)
      assert.equal(
        (await direct(app, { grant_type: 'refresh_token', refresh_token }, { authorization })).body.error,
        'invalid_grant',
      )
    assert.match((await begin(ids[3] as (typeof ids)[number])).body, /value="approve"/)
    // Another place to be sent back to is another application.
    const other = await register(app, { ...sent, redirect_uris: [uri, 'https://site.example/other'] })
    assert.match((await begin(other)).body, /value="approve"/)
    // And so is what runs on a device, each time: it may be any program.
    const device = { ...sent, redirect_uris: ['http://127.0.0.1/cb'] }
    for (let time = 0; time < 2; time++) {
      const { body } = await register(app, device)
      const asked = await agent.follow(await agent.get(asking(body.client_id, 'http://127.0.0.1:5000/cb')))
      assert.match(asked.body, /value="approve"/)
      await agent.submit(asked, { decision: 'approve' })
    }
  })

  test('a registration writes nothing; an approval writes once', async (t) => {
    const store = await open()
    const writes: string[] = []
    const watched = new Proxy(store, {
      get(target, verb) {
        const value = Reflect.get(target, verb, target)
        if (typeof value !== 'function') return value
        return (...parameters: unknown[]) => {
          if (['create', 'replace', 'link', 'increment'].includes(String(verb)))
            writes.push(`${String(verb)} ${parameters[0]}`)
          return value.apply(target, parameters)
        }
      },
    })
    const { app } = await server(t, { store: watched, env: { STORE: 'redis' } })
    const sent = (at: number) => ({
      client_name: `App ${at}`,
      redirect_uris: ['http://127.0.0.1/cb'],
      token_endpoint_auth_method: 'none',
    })
    await register(app, sent(0))
    writes.length = 0
    const ids = new Set<string>()
    for (let at = 0; at < 200; at++) ids.add((await register(app, sent(at))).body.client_id)
    assert.equal(ids.size, 200)
    assert.deepEqual(writes, [])
  })
})

test('an error of a client that nobody has ever approved is a page with the host; after an approval, and with prompt=none, a redirect', async (t) => {
  const { app } = await server(t)
  const uri = 'https://stranger.example/cb'
  const { body } = await register(app, {
    client_name: 'Stranger',
    redirect_uris: [uri],
    token_endpoint_auth_method: 'none',
  })
  const wrong = asking(body.client_id, uri, { response_mode: 'nonsense' })
  const page = await new Agent(app).get(wrong)
  assert.equal(page.statusCode, 400)
  assert.equal(page.headers.location, undefined)
  assert.match(page.body, /Stranger, an application that nobody here has used yet/)
  assert.match(
    page.body,
    /<a class="button wide" href="https:\/\/stranger\.example\/cb\?[^"]*error=invalid_request[^"]*">Go back to stranger\.example<\/a>/,
  )
  const silent = await new Agent(app).get(`${wrong}&prompt=none`)
  assert.equal(silent.statusCode, 303)
  const agent = new Agent(app)
  const consent = await agent.login(await agent.follow(await agent.get(asking(body.client_id, uri))))
  await agent.submit(consent, { decision: 'approve' })
  assert.equal((await new Agent(app).get(wrong)).statusCode, 303)
})

test('it is off with a configuration unless it says otherwise, and the metadata follows', async (t) => {
  const metadata = async (app: FastifyInstance) =>
    (
      await app.inject({
        url: '/.well-known/oauth-authorization-server',
        headers: { host: 'localhost:8000' },
      })
    ).json()
  const open = await server(t)
  assert.equal((await metadata(open.app)).registration_endpoint, 'http://localhost:8000/oauth/register')
  const off = await server(t, {
    change: (entries) => {
      delete entries.registration
    },
  })
  assert.equal((await metadata(off.app)).registration_endpoint, undefined)
  assert.equal(
    (await off.app.inject({ method: 'POST', url: '/oauth/register', headers: HEADERS, payload: '{}' }))
      .statusCode,
    404,
  )
})

test('with an initial access token, and without one', async (t) => {
  const { app, config, clock } = await server(t, {
    change: (entries) => {
      entries.registration = 'token'
    },
  })
  const keys = new Keys(config.secretKeys, config.issuer)
  const sent = { redirect_uris: ['https://a.example/cb'] }
  const good = makeInitialAccessToken(keys, clock.now + 60)
  for (const authorization of [
    '',
    'Bearer ri_x',
    `Bearer ${good.slice(0, -1)}x`,
    `Bearer ${makeInitialAccessToken(keys, clock.now)}`,
  ]) {
    const { status, body } = await register(app, sent, authorization === '' ? {} : { authorization })
    assert.deepEqual([status, body.error], [401, 'invalid_token'], authorization)
  }
  assert.equal((await register(app, sent, { authorization: `Bearer ${good}` })).status, 201)
})

test('RFC 7591 §3.2.2: what is wrong is 400 with the member; no body is too much', async (t) => {
  const { app, log } = await server(t)
  for (const [body, error] of [
    ['{', 'invalid_client_metadata'],
    ['[]', 'invalid_client_metadata'],
    [{}, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://a.example/'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://a.example/'], grant_types: ['password'] }, 'invalid_client_metadata'],
    [
      {
        redirect_uris: Array.from(
          { length: 10 },
          () => `https://a.example/${randomBytes(350).toString('base64url')}`,
        ),
      },
      'invalid_client_metadata',
    ],
  ] as const) {
    const answer = await register(app, body)
    assert.deepEqual([answer.status, answer.body.error], [400, error], JSON.stringify(answer.body))
  }
  assert.equal((await register(app, `{"x":"${'y'.repeat(20_000)}"}`)).status, 413)
  const form = await app.inject({
    method: 'POST',
    url: '/oauth/register',
    headers: { ...HEADERS, 'content-type': 'text/plain' },
    payload: 'x',
  })
  assert.equal(form.statusCode, 415)
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/oauth/register',
    headers: { host: 'localhost:8000', origin: 'http://localhost:6274' },
  })
  assert.equal(preflight.statusCode, 204)
  assert.equal((await register(app, { redirect_uris: ['https://a.example/'] })).status, 201)
  assert.ok(log.some(({ msg }) => msg === 'client_registered'))
})

test('it may never do more than the code flow: not by registering, not by asking', async (t) => {
  const { app } = await server(t)
  const uri = 'https://a.example/cb'
  const { body } = await register(app, {
    redirect_uris: [uri],
    grant_types: ['authorization_code', 'client_credentials', 'password'],
  })
  const authorization = basic(body.client_id, body.client_secret)
  assert.deepEqual(body.grant_types, ['authorization_code'])
  assert.equal(
    (await direct(app, { grant_type: 'client_credentials' }, { authorization })).body.error,
    'unauthorized_client',
  )
  const agent = new Agent(app)
  const plain = await agent.get(
    `/oauth/authorize?${new URLSearchParams({ client_id: body.client_id, redirect_uri: uri, response_type: 'code', prompt: 'none' })}`,
  )
  assert.match(String(plain.headers.location), /error=invalid_request.*code_challenge/)
  const token = await agent.get(asking(body.client_id, uri, { response_type: 'token', prompt: 'none' }))
  assert.match(String(token.headers.location), /error=(unauthorized_client|unsupported_response_type)/)
  const elsewhere = await agent.get(asking(body.client_id, 'https://evil.example/cb'))
  assert.equal(elsewhere.statusCode, 400)
})
