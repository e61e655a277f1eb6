import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { Agent } from '../support/browser-agent.ts'
import { listen } from '../support/listen.ts'

test('openid-client: discovery, authorization code with PKCE, refresh, introspection, revocation', async (t) => {
  const { app, issuer } = await listen(t)
  const options: client.DiscoveryRequestOptions = {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  }
  const config = await client.discovery(new URL(issuer), 'test_client', 'password', undefined, options)
  const code_verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'https://www.example.com/redirect',
    scope: 'email',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: 'S256',
  })
  const agent = new Agent(app)
  agent.headers = { host: url.host }
  const answer = await agent.authorize(url.pathname + url.search)
  const callback = new URL(`https://www.example.com/redirect?${answer}`)
  // The library checks state and iss (RFC 9207) itself.
  const tokens = await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: code_verifier,
    expectedState: state,
  })
  assert.equal(tokens.expires_in, 300)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token as string)
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
  const active = await client.tokenIntrospection(config, refreshed.access_token)
  assert.equal(active.active, true)
  assert.equal(active.sub, 'admin')
  await client.tokenRevocation(config, refreshed.refresh_token as string)
  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false)
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token as string), {
    error: 'invalid_grant',
  })
})

test('openid-client: client_credentials, by Basic and by the form', async (t) => {
  const { issuer } = await listen(t, {
    clients: [
      { client_id: 'svc:1', client_secret: 'p%4+ä:word', grant_types: ['client_credentials'], scope: 'read' },
    ],
  })
  const options: client.DiscoveryRequestOptions = {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  }
  for (const method of [client.ClientSecretBasic, client.ClientSecretPost]) {
    const config = await client.discovery(new URL(issuer), 'svc:1', undefined, method('p%4+ä:word'), options)
    const tokens = await client.clientCredentialsGrant(config, { scope: 'read' })
    assert.equal(tokens.scope, 'read')
    assert.equal(tokens.refresh_token, undefined)
  }
})
