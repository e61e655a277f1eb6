import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { AUTHORIZATION, ISSUER, oidcServer, refresh, tokens, userinfo, verified } from '../support/oidc.ts'
import { basic, direct, introspect } from '../support/token-client.ts'

const AT = { audience: ISSUER, typ: 'at+jwt' }
const revoke = { url: '/oauth/revoke', authorization: AUTHORIZATION }

test('RFC 9068 §2: a JWT access token has its claims, and works like any other', async (t) => {
  const { app, clock } = await oidcServer(t, {}, { access_token_format: 'jwt' })
  const body = await tokens(app, { scope: 'openid email' })
  assert.equal(decodeProtectedHeader(body.access_token).typ, 'at+jwt')
  const claims = await verified(app, body.access_token, AT)
  assert.equal(claims.sub, 'sub-alice')
  assert.equal(claims.client_id, 'rp')
  assert.equal(claims.scope, 'openid email')
  assert.equal(claims.exp, clock.now + 300)
  assert.equal(claims.iat, clock.now)
  assert.equal(claims.auth_time, clock.now)
  assert.equal(claims.acr, 'urn:postern:acr:password')
  const { body: seen } = await introspect(app, body.access_token, AUTHORIZATION)
  assert.equal(seen.active, true)
  assert.equal(seen.jti, claims.jti)
  assert.equal(seen.scope, 'openid email')
  assert.equal((await userinfo(app, body.access_token)).json().email, 'alice@example.com')
  assert.equal((await userinfo(app, body.id_token)).statusCode, 401, 'an ID token is no access token')
  clock.now += 300
  assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.active, false)
})

test('RFC 7009: a JWT access token is revoked alone, its grant goes on', async (t) => {
  const { app } = await oidcServer(t, {}, { access_token_format: 'jwt' })
  const body = await tokens(app)
  await direct(app, { token: body.access_token }, revoke)
  assert.equal((await introspect(app, body.access_token, AUTHORIZATION)).body.active, false)
  const next = await refresh(app, body.refresh_token)
  assert.equal((await introspect(app, next.body.access_token, AUTHORIZATION)).body.active, true)
})

test('a JWT of the client itself: its subject is the client; introspected and revoked', async (t) => {
  const service = {
    client_id: 'svc',
    client_secret: 'password',
    grant_types: ['client_credentials' as const],
    scope: 'read',
    access_token_format: 'jwt' as const,
  }
  const { app } = await oidcServer(t, { clients: [service] })
  const authorization = basic('svc', 'password')
  const { body } = await direct(app, { grant_type: 'client_credentials' }, { authorization })
  const claims = await verified(app, body.access_token, AT)
  assert.equal(claims.sub, 'svc')
  assert.equal((await introspect(app, body.access_token, authorization)).body.sub, 'svc')
  assert.equal(
    (await introspect(app, body.access_token, AUTHORIZATION)).body.active,
    false,
    "somebody else's",
  )
  await direct(app, { token: body.access_token }, { url: '/oauth/revoke', authorization })
  assert.equal((await introspect(app, body.access_token, authorization)).body.active, false)
})
