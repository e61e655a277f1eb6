import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { hashArgon2id } from '../../src/passwords/argon2id.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { countingCrypto } from '../support/counting-crypto.ts'
import { buildServer } from '../support/server.ts'
import {
  BASIC,
  basic,
  direct,
  exchange,
  freshCode,
  freshTokens,
  introspect,
  REDIRECT,
  refresh,
} from '../support/token-client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = hash('sha256', VERIFIER, 'base64url')
const SERVICE = {
  client_id: 'service',
  client_secret: 's3cret',
  grant_types: ['client_credentials' as const],
  scope: 'read write',
  default_scope: 'read',
}
const OTHER = {
  client_id: 'other',
  client_secret: 'other',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code' as const, 'refresh_token' as const],
  scope: 'email',
}
const PUBLIC = {
  client_id: 'app',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code' as const, 'refresh_token' as const],
  scope: 'email',
}

test('RFC 6749 §5.2: errors of the request and of the client', async (t) => {
  const { app, log } = await buildServer(t, {
    clients: [SERVICE, PUBLIC, { ...OTHER, token_endpoint_auth_method: 'client_secret_post' }],
  })
  const form = { grant_type: 'refresh_token', refresh_token: 'x' }
  const cases: [Record<string, string> | string, string, number, string][] = [
    [{}, BASIC, 400, 'invalid_request'],
    [{ grant_type: 'password' }, BASIC, 400, 'unsupported_grant_type'],
    [{ grant_type: 'client_credentials' }, BASIC, 400, 'unauthorized_client'],
    [{ grant_type: 'authorization_code' }, BASIC, 400, 'invalid_request'],
    ['grant_type=refresh_token&grant_type=refresh_token', BASIC, 400, 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=a&refresh_token=b', BASIC, 400, 'invalid_request'],
    [form, BASIC, 400, 'invalid_grant'],
    [form, '', 401, 'invalid_client'],
    [form, basic('test_client', 'wrong'), 401, 'invalid_client'],
    [form, basic('nobody', 'password'), 401, 'invalid_client'],
    [form, 'Bearer abc', 401, 'invalid_client'],
    [form, 'Basic !!!', 401, 'invalid_client'],
    [form, basic('test_client', ''), 401, 'invalid_client'],
    [{ ...form, client_secret: 'password' }, BASIC, 400, 'invalid_request'],
    [{ ...form, client_id: 'app' }, BASIC, 400, 'invalid_request'],
    [{ ...form, client_id: 'test_client' }, BASIC, 400, 'invalid_grant'],
    [{ ...form, client_id: 'test_client', client_secret: 'password' }, '', 400, 'invalid_grant'],
    [{ ...form, client_id: 'test_client' }, '', 401, 'invalid_client'],
    [{ ...form, client_id: 'app' }, '', 400, 'invalid_grant'],
    [form, basic('app', ''), 400, 'invalid_grant'],
    [{ ...form, client_id: 'app', client_secret: 'x' }, '', 401, 'invalid_client'],
    [form, basic('other', 'other'), 401, 'invalid_client'],
    [
      { grant_type: 'client_credentials', scope: 'read admin' },
      basic('service', 's3cret'),
      400,
      'invalid_scope',
    ],
  ]
  for (const [body, authorization, status, error] of cases) {
    const reply = await direct(app, body, { authorization })
    const label = JSON.stringify([body, authorization])
    assert.equal(reply.status, status, label)
    assert.equal(reply.body.error, error, label)
    assert.match(reply.body.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/, label)
    assert.equal(reply.headers['cache-control'], 'no-store', label)
    if (status === 401) assert.match(String(reply.headers['www-authenticate']), /^Basic /, label)
  }
  assert.ok(log.some((line) => line.event === 'client_authentication_failed'))
})

test('only form bodies up to 64 KB; a GET is 405 with Allow', async (t) => {
  const { app } = await buildServer(t)
  const headers = { host: 'localhost', authorization: BASIC }
  const json = await app.inject({
    method: 'POST',
    url: '/oauth/tokenize',
    headers,
    payload: { grant_type: 'x' },
  })
  assert.equal(json.statusCode, 415)
  assert.equal(json.json().error, 'invalid_request')
  const large = await direct(app, { grant_type: 'x'.repeat(70_000) })
  assert.equal(large.status, 413)
  const get = await app.inject({ url: '/oauth/tokenize', headers })
  assert.equal(get.statusCode, 405)
  assert.equal(get.headers.allow, 'OPTIONS, POST')
  const empty = await app.inject({ method: 'POST', url: '/oauth/tokenize', headers })
  assert.equal(empty.statusCode, 400)
})

test('RFC 6749 §4.1.3: a code is bound to client, redirect URI and expiry, and a failed attempt does not burn it', async (t) => {
  const { app, clock } = await buildServer(t, { clients: [OTHER] })
  const code = await freshCode(app)
  const attempts = [
    direct(
      app,
      { grant_type: 'authorization_code', code, redirect_uri: REDIRECT },
      { authorization: basic('other', 'other') },
    ),
    exchange(app, code, { redirect_uri: 'https://www.example.com/other' }),
    direct(app, { grant_type: 'authorization_code', code }),
    exchange(app, code, { code_verifier: VERIFIER }),
    exchange(app, `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`),
  ]
  for (const attempt of attempts) assert.equal((await attempt).body.error, 'invalid_grant')
  assert.equal((await exchange(app, code)).status, 200)
  const late = await freshCode(app)
  clock.now += 60
  assert.equal((await exchange(app, late)).body.error, 'invalid_grant')
})

test('RFC 6749 §4.1.2: a second use revokes what the first one issued; one that does not pass has no effect', async (t) => {
  const { app, log } = await buildServer(t, { clients: [OTHER] })
  const code = await freshCode(app)
  const { access_token, refresh_token } = (await exchange(app, code)).body
  await exchange(app, code, { redirect_uri: 'https://www.example.com/other' })
  await direct(
    app,
    { grant_type: 'authorization_code', code, redirect_uri: REDIRECT },
    { authorization: basic('other', 'other') },
  )
  assert.equal((await introspect(app, access_token)).body.active, true)
  assert.equal((await exchange(app, code)).body.error, 'invalid_grant')
  assert.ok(log.some((line) => line.event === 'code_reuse_detected'))
  assert.deepEqual((await introspect(app, access_token)).body, { active: false })
  assert.equal((await refresh(app, refresh_token)).body.error, 'invalid_grant')
})

test('RFC 7636 §4.6: the verifier proves the challenge; with PKCE the redirect URI may be left out', async (t) => {
  const { app } = await buildServer(t)
  const url = `${WALK}&code_challenge=${CHALLENGE}&code_challenge_method=S256`
  const code = await freshCode(app, url)
  assert.equal((await exchange(app, code)).body.error, 'invalid_grant')
  assert.equal((await exchange(app, code, { code_verifier: 'x'.repeat(43) })).body.error, 'invalid_grant')
  assert.equal((await exchange(app, code, { code_verifier: 'short' })).body.error, 'invalid_request')
  const reply = await direct(app, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
  assert.equal(reply.status, 200)
})

test('RFC 7636 §4.3: plain only where the client allows it, also by leaving the method out', async (t) => {
  const { app } = await buildServer(t, { clients: [{ ...OTHER, allow_plain_pkce: true }] })
  const agent = new Agent(app)
  const answer = await agent.authorize(
    `/oauth/authorize?client_id=other&response_type=code&code_challenge=${VERIFIER}`,
  )
  const code = answer.get('code') as string
  const authorization = basic('other', 'other')
  const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  assert.equal((await direct(app, form, { authorization })).status, 200)
})

test('50 concurrent redemptions of one code: one 200, and the replays revoke what the winner got', async (t) => {
  const { app } = await buildServer(t)
  const code = await freshCode(app)
  const replies = await Promise.all(Array.from({ length: 50 }, () => exchange(app, code)))
  const won = replies.filter((reply) => reply.status === 200)
  assert.equal(won.length, 1)
  assert.ok(replies.every((reply) => reply.status === 200 || reply.body.error === 'invalid_grant'))
  assert.deepEqual((await introspect(app, won[0]?.body.access_token)).body, { active: false })
})

test('50 concurrent refreshes of one token: one successor lineage and nobody logged out', async (t) => {
  const { app } = await buildServer(t)
  const { refresh_token } = await freshTokens(app)
  const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(app, refresh_token)))
  assert.deepEqual([...new Set(replies.map((reply) => reply.status))], [200])
  const successors = new Set(replies.map((reply) => reply.body.refresh_token))
  assert.equal(successors.size, 1)
  assert.equal(new Set(replies.map((reply) => reply.body.access_token)).size, 50)
  assert.equal((await refresh(app, [...successors][0] as string)).status, 200)
})

test('a client that lost the refresh response gets the very same successor inside the grace; later it is reuse', async (t) => {
  const { app, clock, log } = await buildServer(t)
  const { refresh_token } = await freshTokens(app)
  const first = await refresh(app, refresh_token)
  clock.now += 9
  const again = await refresh(app, refresh_token)
  assert.equal(again.body.refresh_token, first.body.refresh_token)
  assert.equal(again.body.refresh_token_expires_in, 900 - 9)
  assert.ok(log.some((line) => line.event === 'refresh_replayed'))
  clock.now += 1
  assert.equal((await refresh(app, refresh_token)).body.error, 'invalid_grant')
  assert.ok(log.some((line) => line.event === 'refresh_reuse_detected'))
  assert.equal((await refresh(app, first.body.refresh_token)).body.error, 'invalid_grant')
  assert.equal((await introspect(app, first.body.access_token)).body.active, false)
})

test('REFRESH_TOKEN_GRACE=0 is strict', async (t) => {
  const { app } = await buildServer(t, { env: { REFRESH_TOKEN_GRACE: '0' } })
  const { refresh_token } = await freshTokens(app)
  const next = (await refresh(app, refresh_token)).body
  assert.equal((await refresh(app, refresh_token)).body.error, 'invalid_grant')
  assert.equal((await refresh(app, next.refresh_token)).body.error, 'invalid_grant')
})

test('RFC 6749 §6: another client cannot refresh, and does no harm by trying', async (t) => {
  const { app } = await buildServer(t, { clients: [OTHER] })
  const { refresh_token } = await freshTokens(app)
  const form = { grant_type: 'refresh_token', refresh_token }
  assert.equal(
    (await direct(app, form, { authorization: basic('other', 'other') })).body.error,
    'invalid_grant',
  )
  assert.equal((await refresh(app, refresh_token)).status, 200)
})

test('RFC 6749 §6: scope may narrow and never widen, and narrowing does not shrink the refresh token', async (t) => {
  const { app } = await buildServer(t, { clients: [{ ...OTHER, scope: 'email profile' }] })
  const agent = new Agent(app)
  const answer = await agent.authorize(
    '/oauth/authorize?client_id=other&response_type=code&scope=email+profile',
  )
  const authorization = basic('other', 'other')
  const send = (form: Record<string, string>) => direct(app, form, { authorization })
  const first = await send({ grant_type: 'authorization_code', code: answer.get('code') as string })
  const narrow = await send({
    grant_type: 'refresh_token',
    refresh_token: first.body.refresh_token,
    scope: 'email',
  })
  assert.equal(narrow.body.scope, 'email')
  assert.equal((await introspect(app, narrow.body.access_token, authorization)).body.scope, 'email')
  const wide = await send({
    grant_type: 'refresh_token',
    refresh_token: narrow.body.refresh_token,
    scope: 'admin email',
  })
  assert.equal(wide.body.scope, 'email')
  assert.equal((await introspect(app, wide.body.access_token, authorization)).body.scope, 'email')
  const { refresh_token } = wide.body
  const nothing = await send({ grant_type: 'refresh_token', refresh_token, scope: 'admin' })
  assert.deepEqual([nothing.status, nothing.body.error], [400, 'invalid_scope'])
  const whole = await send({ grant_type: 'refresh_token', refresh_token })
  assert.equal(whole.body.scope, 'email profile')
})

test('the absolute end of a grant caps every token, however often it is refreshed', async (t) => {
  const { app, clock } = await buildServer(t, { env: { GRANT_MAX_TTL: '1000' } })
  let { refresh_token } = await freshTokens(app)
  clock.now += 800
  const reply = await refresh(app, refresh_token)
  refresh_token = reply.body.refresh_token
  assert.deepEqual([reply.body.expires_in, reply.body.refresh_token_expires_in], [200, 200])
  clock.now += 200
  assert.equal((await refresh(app, refresh_token)).body.error, 'invalid_grant')
})

test('RFC 6749 §4.4: client_credentials gives no refresh token and writes nothing', async (t) => {
  const { app, store } = await buildServer(t, { clients: [SERVICE] })
  const authorization = basic('service', 's3cret')
  const reply = await direct(app, { grant_type: 'client_credentials' }, { authorization })
  assert.equal(reply.body.scope, 'read')
  assert.equal(reply.body.refresh_token, undefined)
  assert.equal((store as import('../../src/store/memory.ts').MemoryStore).size('grant'), 0)
  const { active, sub, client_id, exp, iat } = (await introspect(app, reply.body.access_token, authorization))
    .body
  assert.deepEqual([active, sub, client_id, exp - iat], [true, 'service', 'service', 300])
})

test('a confidential client whose hash is configured authenticates, and a wrong secret is refused fast afterwards', async (t) => {
  const bcrypt = (await import('bcrypt')).default
  const argon2id = hashArgon2id('s3cret', { memory: 64, passes: 1, parallelism: 1 })
  for (const client_secret_hash of [await bcrypt.hash('s3cret', 4), await argon2id]) {
    const { app } = await buildServer(t, {
      clients: [{ ...SERVICE, client_secret: undefined, client_secret_hash }],
    })
    const form = { grant_type: 'client_credentials' }
    assert.equal((await direct(app, form, { authorization: basic('service', 'wrong') })).status, 401)
    const counted = countingCrypto(t)
    assert.equal((await direct(app, form, { authorization: basic('service', 's3cret') })).status, 200)
    assert.equal(counted().passwords, 1)
    assert.equal((await direct(app, form, { authorization: basic('service', 'wrong') })).status, 401)
    assert.equal((await direct(app, form, { authorization: basic('service', 's3cret') })).status, 200)
    assert.equal(counted().passwords, 0)
  }
})

test('refresh against revoke in random interleavings: whatever came first, nothing is left', async (t) => {
  const { app } = await buildServer(t)
  for (let round = 0; round < 40; round++) {
    const { refresh_token } = await freshTokens(app)
    const revoke = () => direct(app, { token: refresh_token }, { url: '/oauth/revoke' })
    const calls = [() => refresh(app, refresh_token), () => refresh(app, refresh_token), revoke]
    for (let at = calls.length - 1; at > 0; at--) {
      const other = Math.floor(Math.random() * (at + 1))
      ;[calls[at], calls[other]] = [calls[other] as (typeof calls)[0], calls[at] as (typeof calls)[0]]
    }
    const replies = await Promise.all(calls.map((call) => call()))
    for (const { body } of replies) {
      if (body.refresh_token === undefined) continue
      assert.equal((await refresh(app, body.refresh_token)).body.error, 'invalid_grant')
      assert.equal((await introspect(app, body.access_token)).body.active, false)
    }
  }
})
