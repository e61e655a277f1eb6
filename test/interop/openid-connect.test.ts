import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import type { ClientEntry } from '../../src/config/schema.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { listen } from '../support/listen.ts'
import { ALICE, CALLBACK, RP } from '../support/oidc.ts'

/** A relying party of openid-client that checks every signature itself, and a browser for it. */
async function relyingParty(t: TestContext, rp: Partial<ClientEntry> = {}) {
  const { app, issuer } = await listen(t, { clients: [{ ...RP, ...rp }], users: [ALICE] })
  const { id_token_signed_response_alg, userinfo_signed_response_alg } = rp
  const metadata = {
    client_secret: 'password',
    ...(id_token_signed_response_alg && { id_token_signed_response_alg }),
    ...(userinfo_signed_response_alg && { userinfo_signed_response_alg }),
  }
  const config = await client.discovery(new URL(issuer), 'rp', metadata, undefined, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  })
  const agent = new Agent(app)
  agent.headers = { host: new URL(issuer).host }
  /** Logs in and approves where asked; the answer as the browser takes it to the client. */
  const browse = async (url: URL) => {
    let page = await agent.follow(await agent.get(url.pathname + url.search))
    if (page.body.includes('name="password"')) page = await agent.login(page, 'alice', 'wonderland')
    if (page.body.includes('value="approve"')) page = await agent.submit(page, { decision: 'approve' })
    return page
  }
  return { issuer, config, agent, browse }
}

test('openid-client: code with PKCE and nonce, every algorithm, signatures checked; userinfo; refresh; logout', async (t) => {
  for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256'] as const) {
    const { config, agent, browse } = await relyingParty(t, { id_token_signed_response_alg: alg })
    const [pkceCodeVerifier, expectedNonce] = [client.randomPKCECodeVerifier(), client.randomNonce()]
    const expectedState = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid email profile offline_access',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      max_age: '3600',
    })
    const back = new URL(String((await browse(url)).headers.location))
    const checks = { pkceCodeVerifier, expectedNonce, expectedState, maxAge: 3600, idTokenExpected: true }
    const tokens = await client.authorizationCodeGrant(config, back, checks)
    assert.equal(tokens.claims()?.sub, 'sub-alice', alg)
    const person = await client.fetchUserInfo(config, tokens.access_token, 'sub-alice')
    assert.deepEqual([person.name, person.email], ['Alice Liddell', 'alice@example.com'])
    const next = await client.refreshTokenGrant(config, String(tokens.refresh_token))
    assert.equal(next.claims()?.sub, 'sub-alice')
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: String(next.id_token),
      post_logout_redirect_uri: 'https://rp.example/bye',
      state: 'bye',
    })
    const gone = await agent.get(end.pathname + end.search)
    assert.equal(gone.headers.location, 'https://rp.example/bye?state=bye')
  }
})

test('openid-client: userinfo as a signed JWT', async (t) => {
  const { config, browse } = await relyingParty(t, { userinfo_signed_response_alg: 'RS256' })
  const url = client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'openid email' })
  const tokens = await client.authorizationCodeGrant(
    config,
    new URL(String((await browse(url)).headers.location)),
  )
  const person = await client.fetchUserInfo(config, tokens.access_token, 'sub-alice')
  assert.equal(person.email, 'alice@example.com')
})

test('openid-client: implicit id_token, and hybrid code id_token', async (t) => {
  const implicit = await relyingParty(t)
  client.useIdTokenResponseType(implicit.config)
  const nonce = client.randomNonce()
  const asks = { redirect_uri: CALLBACK, scope: 'openid email', nonce, state: 'xyz' }
  const first = await implicit.browse(client.buildAuthorizationUrl(implicit.config, asks))
  const back = new URL(String(first.headers.location))
  const claims = await client.implicitAuthentication(implicit.config, back, nonce, { expectedState: 'xyz' })
  assert.deepEqual([claims.sub, claims.email], ['sub-alice', 'alice@example.com'])

  const hybrid = await relyingParty(t)
  client.useCodeIdTokenResponseType(hybrid.config)
  const second = await hybrid.browse(client.buildAuthorizationUrl(hybrid.config, asks))
  const checks = { expectedNonce: nonce, expectedState: 'xyz' }
  const landed = new URL(String(second.headers.location))
  const tokens = await client.authorizationCodeGrant(hybrid.config, landed, checks)
  assert.equal(tokens.claims()?.sub, 'sub-alice')
})

test('openid-client: the answer by form post', async (t) => {
  const { config, browse } = await relyingParty(t)
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 'xyz',
    response_mode: 'form_post',
  })
  const page = await browse(url)
  const fields = [...page.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
  const form = new URLSearchParams(fields.map(([, name, value]) => [name as string, value as string]))
  const request = new Request(CALLBACK, { method: 'POST', body: form })
  const tokens = await client.authorizationCodeGrant(config, request, { expectedState: 'xyz' })
  assert.equal(tokens.claims()?.sub, 'sub-alice')
})

test('oauth4webapi: discovery, hybrid with its hashes, userinfo, a JWT access token at a resource server', async (t) => {
  const { issuer, agent, browse } = await relyingParty(t, { access_token_format: 'jwt' })
  const insecure = { [oauth.allowInsecureRequests]: true }
  const as = await oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oidc', ...insecure }),
  )
  const rp: oauth.Client = { client_id: 'rp' }
  const url = new URL(String(as.authorization_endpoint))
  url.search = new URLSearchParams({
    client_id: 'rp',
    redirect_uri: CALLBACK,
    response_type: 'code id_token',
    scope: 'openid email',
    nonce: 'some-nonce',
    state: 'xyz',
  }).toString()
  const back = new URL(String((await browse(url)).headers.location))
  // Also c_hash and s_hash, which FAPI made of it.
  const parameters = await oauth.validateDetachedSignatureResponse(
    as,
    rp,
    back,
    'some-nonce',
    'xyz',
    undefined,
    insecure,
  )
  const secret = oauth.ClientSecretBasic('password')
  const exchanged = await oauth.authorizationCodeGrantRequest(
    as,
    rp,
    secret,
    parameters,
    CALLBACK,
    oauth.nopkce,
    insecure,
  )
  const options = { expectedNonce: 'some-nonce', requireIdToken: true }
  const tokens = await oauth.processAuthorizationCodeResponse(as, rp, exchanged, options)
  await oauth.validateApplicationLevelSignature(as, exchanged, insecure)
  const asked = await oauth.userInfoRequest(as, rp, tokens.access_token, insecure)
  assert.equal((await oauth.processUserInfoResponse(as, rp, 'sub-alice', asked)).email, 'alice@example.com')

  const headers = { authorization: `Bearer ${tokens.access_token}` }
  const call = new Request('https://api.example/', { headers })
  const claims = await oauth.validateJwtAccessToken(as, call, issuer, insecure)
  assert.deepEqual([claims.sub, claims.client_id, claims.scope], ['sub-alice', 'rp', 'openid email'])
  await assert.rejects(oauth.validateJwtAccessToken(as, call, 'https://api.example', insecure))
  const again = answerOf(await agent.get(url.pathname + url.search))
  assert.notEqual(again.get('code'), parameters.get('code'))
})
