import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { Agent } from '../support/browser-agent.ts'
import {
  ALICE,
  authorize,
  exchange,
  ISSUER,
  oidcServer,
  RP,
  refresh,
  request,
  tokens,
  userinfo,
  verified,
} from '../support/oidc.ts'
import { basic, introspect } from '../support/token-client.ts'

const digest = (text: string, algorithm = 'sha256') => {
  const bytes = hash(algorithm, text, 'buffer')
  return bytes.subarray(0, bytes.length / 2).toString('base64url')
}

test('oidcc-server: the ID token of a code exchange has every claim of §2 and verifies', async (t) => {
  const { app, clock } = await oidcServer(t)
  const body = await tokens(app)
  assert.equal(body.token_type, 'Bearer')
  const claims = await verified(app, body.id_token)
  assert.equal(claims.iss, ISSUER)
  assert.equal(claims.sub, 'sub-alice')
  assert.equal(claims.aud, 'rp')
  // Core §2: azp only where there are several audiences.
  assert.ok(!('azp' in claims))
  assert.equal(claims.iat, clock.now)
  assert.equal(claims.exp, clock.now + 3600)
  assert.equal(claims.auth_time, clock.now)
  assert.equal(claims.nonce, 'some-nonce')
  assert.equal(claims.acr, 'urn:postern:acr:password')
  assert.deepEqual(claims.amr, ['pwd'])
  assert.equal(claims.at_hash, digest(body.access_token))
  assert.match(String(claims.sid), /^[\w-]{20,}$/)
  assert.equal(claims.email, undefined, '§5.4: with an access token, the claims are at userinfo')
})

test('oidcc-server without openid: no ID token', async (t) => {
  const { app } = await oidcServer(t)
  assert.equal((await tokens(app, { scope: 'email' })).id_token, undefined)
})

test('oidcc-idtoken-signature, oidcc-idtoken-rs256 and the other algorithms', async (t) => {
  for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256'] as const) {
    const { app } = await oidcServer(t, {}, { id_token_signed_response_alg: alg })
    const body = await tokens(app)
    assert.equal(decodeProtectedHeader(body.id_token).alg, alg)
    const claims = await verified(app, body.id_token)
    assert.equal(claims.at_hash, digest(body.access_token, alg === 'EdDSA' ? 'sha512' : 'sha256'), alg)
  }
})

test('oidcc-refresh-token: §12.2, the same iss, sub, aud and auth_time, a new iat, no nonce', async (t) => {
  const { app, clock } = await oidcServer(t)
  const first = await tokens(app)
  const before = await verified(app, first.id_token)
  clock.now += 100
  const { status, body } = await refresh(app, first.refresh_token)
  assert.equal(status, 200)
  const after = await verified(app, body.id_token)
  for (const name of ['iss', 'sub', 'aud', 'auth_time', 'sid', 'acr']) assert.equal(after[name], before[name])
  assert.equal(after.iat, clock.now)
  assert.equal(after.nonce, undefined)
  assert.equal(after.at_hash, digest(body.access_token))
  const narrowed = await refresh(app, body.refresh_token, { scope: 'openid' })
  assert.ok(narrowed.body.id_token)
})

test('oidcc-codereuse-30seconds: the second use is refused and takes the tokens back', async (t) => {
  const { app, clock } = await oidcServer(t)
  const { parameters } = await authorize(new Agent(app))
  const code = parameters.get('code') ?? ''
  const { body } = await exchange(app, code)
  clock.now += 30
  assert.equal((await exchange(app, code)).body.error, 'invalid_grant')
  assert.equal((await userinfo(app, body.access_token)).statusCode, 401)
})

test('oidcc-prompt-none-not-logged-in and oidcc-prompt-none-logged-in', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const none = { prompt: 'none' }
  assert.equal((await authorize(agent, none)).parameters.get('error'), 'login_required')
  await authorize(agent)
  const { parameters } = await authorize(agent, none)
  assert.ok(parameters.get('code'))
})

test('oidcc-prompt-login and oidcc-max-age-1: the person logs in again, auth_time moves', async (t) => {
  const { app, clock } = await oidcServer(t)
  const agent = new Agent(app)
  const first = await verified(app, (await tokens(app, {}, agent)).id_token)
  clock.now += 2
  for (const again of [{ prompt: 'login' }, { max_age: '1' }]) {
    clock.now += 2
    const page = await agent.get(request(again))
    assert.match(page.body, /name="password"/)
    const claims = await verified(app, (await tokens(app, again, agent)).id_token)
    assert.equal(claims.auth_time, clock.now)
    assert.equal(claims.sub, first.sub)
    assert.equal(claims.sid, first.sid, 'the same login session')
  }
})

test('oidcc-max-age-10000 and default_max_age: no login while it is young', async (t) => {
  const { app, clock } = await oidcServer(t, {}, { default_max_age: 100 })
  const agent = new Agent(app)
  const first = await verified(app, (await tokens(app, { max_age: '10000' }, agent)).id_token)
  clock.now += 99
  const second = await verified(app, (await tokens(app, {}, agent)).id_token)
  assert.equal(second.auth_time, first.auth_time)
  clock.now += 1
  assert.match((await agent.get(request())).body, /name="password"/)
})

test('oidcc-id-token-hint: somebody else is not answered for', async (t) => {
  const { app, clock } = await oidcServer(t)
  const agent = new Agent(app)
  const { id_token } = await tokens(app, {}, agent)
  clock.now += 5000
  const own = await authorize(agent, { id_token_hint: id_token, prompt: 'none' })
  assert.ok(own.parameters.get('code'), 'an expired hint is a hint')

  const other = new Agent(app)
  await other.login(await other.get('/login'))
  const none = await authorize(other, { id_token_hint: id_token, prompt: 'none' })
  assert.equal(none.parameters.get('error'), 'login_required')
  const page = await other.get(request({ id_token_hint: id_token }))
  assert.match(page.body, /name="password"/)
  const refused = await other.login(page)
  assert.match(String(refused.headers.location), /error=login_required/)

  const [head, , signature] = id_token.split('.')
  const forged = Buffer.from(JSON.stringify({ iss: ISSUER, aud: 'rp', sub: 'admin' })).toString('base64url')
  const bad = await authorize(agent, { id_token_hint: `${head}.${forged}.${signature}` })
  assert.equal(bad.parameters.get('error'), 'invalid_request')
})

test('oidcc-ensure-request-with-acr-values-succeeds, oidcc-ui-locales, oidcc-display-page, oidcc-login-hint, oidcc-ensure-request-with-unknown-parameter-succeeds', async (t) => {
  const { app } = await oidcServer(t)
  const body = await tokens(app, {
    acr_values: '1 2',
    ui_locales: 'se',
    claims_locales: 'se',
    display: 'popup',
    login_hint: 'bob@example.com',
    extra: 'foobar',
  })
  assert.equal((await verified(app, body.id_token)).acr, 'urn:postern:acr:password')
})

test('oidcc-claims-essential: claims by name, at userinfo and in the ID token; the consent page says so', async (t) => {
  const { app } = await oidcServer(t)
  const claims = JSON.stringify({
    userinfo: { name: { essential: true }, email: null, unknown: { essential: true }, groups: null },
    id_token: { phone_number: null, auth_time: { essential: true } },
  })
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(request({ claims })), 'alice', 'wonderland')
  assert.match(page.body, /See your email address/)
  assert.match(page.body, /See your phone number/)
  const body = await tokens(app, { claims }, agent)
  assert.equal((await verified(app, body.id_token)).phone_number, '+44 1234')
  assert.deepEqual((await userinfo(app, body.access_token)).json(), {
    name: 'Alice Liddell',
    email: 'alice@example.com',
    sub: 'sub-alice',
  })
})

test('claims §5.5: another sub is not answered for, an unmet essential acr fails, a broken one is named', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  await authorize(agent)
  const error = async (claims: string) =>
    (await authorize(agent, { claims, prompt: 'none' })).parameters.get('error')
  assert.equal(await error('{"id_token":{"sub":{"value":"sub-alice"}}}'), null)
  assert.equal(await error('{"id_token":{"sub":{"value":"somebody"}}}'), 'login_required')
  assert.equal(
    await error('{"id_token":{"acr":{"essential":true,"values":["gold"]}}}'),
    'unmet_authentication_requirements',
  )
  assert.equal(await error('{"id_token":{"acr":{"essential":true}}}'), null)
  for (const broken of ['{', '[]', '"x"', '{"userinfo":[]}', '{"id_token":{"sub":"x"}}'])
    assert.equal(await error(broken), 'invalid_request', broken)
  assert.equal(await error('{"userinfo":{"__proto__":null,"constructor":null}}'), null)
})

test('id_token_hint and claims for another sub, or claims for two, ask for different people: invalid_request', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const { id_token: id_token_hint } = await tokens(app, {}, agent)
  const error = async (claims: object, hint: string | undefined = id_token_hint) => {
    const asked = { claims: JSON.stringify(claims), id_token_hint: hint, prompt: 'none' }
    return (await authorize(agent, asked)).parameters.get('error')
  }
  const alice = { sub: { value: 'sub-alice' } }
  const admin = { sub: { value: 'admin' } }
  assert.equal(await error({ id_token: alice }), null)
  assert.equal(await error({ id_token: { sub: null }, userinfo: { sub: { essential: true } } }), null)
  assert.equal(await error({ id_token: alice, userinfo: alice }), null)
  assert.equal(await error({ id_token: admin }), 'invalid_request')
  assert.equal(await error({ userinfo: admin }), 'invalid_request')
  assert.equal(await error({ id_token: alice, userinfo: admin }, ''), 'invalid_request')
})

test('§5.5.1: sub.values are those of whom the answer must be about one, beside value and in both members', async (t) => {
  const { app } = await oidcServer(t)
  const agent = new Agent(app)
  const { id_token: id_token_hint } = await tokens(app, {}, agent)
  const error = async (claims: object, more = {}) => {
    const asked = { claims: JSON.stringify(claims), prompt: 'none', ...more }
    return (await authorize(agent, asked)).parameters.get('error')
  }
  const several = (...values: unknown[]) => ({ sub: { values } })
  assert.equal(await error({ id_token: several('somebody', 'sub-alice') }), null)
  assert.equal(await error({ id_token: several('somebody', 'other') }), 'login_required')
  assert.equal(await error({ userinfo: several('somebody') }), 'login_required')
  const both = { id_token: several('sub-alice', 'somebody'), userinfo: several('other', 'sub-alice') }
  assert.equal(await error(both), null)
  assert.equal(
    await error({ id_token: { sub: { value: 'somebody', values: ['somebody', 'sub-alice'] } } }),
    'login_required',
  )
  for (const id_token of [
    several(),
    several('sub-alice', 5),
    { sub: { values: 'sub-alice' } },
    { sub: { value: 5 } },
    { sub: { value: ['sub-alice'] } },
    { sub: { value: 'sub-alice', values: ['somebody'] } },
  ])
    assert.equal(await error({ id_token }), 'invalid_request', JSON.stringify(id_token))
  assert.equal(await error({ id_token: several('a'), userinfo: several('b') }), 'invalid_request')
  assert.equal(await error({ id_token: several('a', 'sub-alice') }, { id_token_hint }), null)
  assert.equal(await error({ id_token: several('a', 'b') }, { id_token_hint }), 'invalid_request')
})

test('prompt=none tells a client that nobody approved nothing about who is there, by claims or by id_token_hint', async (t) => {
  const curious = {
    ...RP,
    client_id: 'curious',
    client_secret: 'curious',
    redirect_uris: ['https://curious.example/cb'],
  }
  const { app } = await oidcServer(t, { clients: [curious] })
  const alice = new Agent(app)
  await tokens(app, {}, alice)
  const ask = async (agent: Agent, sub: string) => {
    const { redirect_uris, client_id } = curious
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
    const asked = { client_id, redirect_uri: redirect_uris[0], prompt: 'none', claims }
    return (await authorize(agent, asked)).parameters.toString()
  }
  const nobody = await ask(new Agent(app), 'sub-alice')
  assert.match(nobody, /error=login_required/)
  assert.equal(await ask(alice, 'sub-alice'), nobody)
  assert.equal(await ask(alice, 'somebody'), nobody)
  await authorize(alice, { client_id: 'curious', redirect_uri: curious.redirect_uris[0] })
  assert.match(await ask(alice, 'sub-alice'), /code=/)
})

test('a login for max_age does not outlive it: who leaves the consent page open logs in again', async (t) => {
  const { app, clock } = await oidcServer(t)
  for (const [max_age, seconds, again] of [
    ['60', 59, false],
    ['60', 61, true],
    ['0', 300, false],
  ] as const) {
    const agent = new Agent(app)
    const page = await agent.login(
      await agent.get(request({ max_age, prompt: 'consent' })),
      'alice',
      'wonderland',
    )
    clock.now += seconds
    const answer = await agent.submit(page, { decision: 'approve' })
    assert.equal(answer.headers.location === undefined, again, `${max_age} after ${seconds}`)
    if (!again) continue
    const anew = await agent.login(answer, 'alice', 'wonderland')
    assert.match(String((await agent.submit(anew, { decision: 'approve' })).headers.location), /code=/)
  }
})

test('a claim by name needs the client to have its scope', async (t) => {
  const { app } = await oidcServer(t, {}, { scope: 'openid' })
  const body = await tokens(app, { claims: '{"userinfo":{"email":{"essential":true}}}' })
  assert.deepEqual((await userinfo(app, body.access_token)).json(), { sub: 'sub-alice' })
})

test('§8.1 pairwise: one sub for each sector, everywhere the same', async (t) => {
  const { app } = await oidcServer(
    t,
    { env: { PAIRWISE_SALT: 'a salt that is long enough for everybody' } },
    { subject_type: 'pairwise' },
  )
  const body = await tokens(app)
  const claims = await verified(app, body.id_token)
  assert.match(String(claims.sub), /^[\w-]{43}$/)
  assert.equal((await userinfo(app, body.access_token)).json().sub, claims.sub)
  const { body: seen } = await introspect(app, body.access_token, basic('rp', 'password'))
  assert.equal(seen.sub, claims.sub)
  assert.equal(seen.username, undefined)
  assert.ok(!JSON.stringify(body).includes(ALICE.sub as string))
  await assert.rejects(
    oidcServer(t, {}, { subject_type: 'pairwise' }),
    /^ConfigError: \/clients\/1\/subject_type \(client rp\): .* PAIRWISE_SALT is not set/,
  )
})
