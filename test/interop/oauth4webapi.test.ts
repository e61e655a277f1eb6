import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { Agent } from '../support/browser-agent.ts'
import { listen } from '../support/listen.ts'

test('oauth4webapi: a public client with PKCE, every answer validated by the library', async (t) => {
  const redirect_uri = 'http://127.0.0.1:45123/callback'
  const { app, issuer } = await listen(t, {
    clients: [
      {
        client_id: 'cli',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'email',
      },
    ],
  })
  const insecure = { [oauth.allowInsecureRequests]: true }
  const discovered = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure })
  const as = await oauth.processDiscoveryResponse(new URL(issuer), discovered)
  assert.deepEqual(as.code_challenge_methods_supported, ['S256'])
  const client: oauth.Client = { client_id: 'cli' }
  const verifier = oauth.generateRandomCodeVerifier()
  const url = new URL(as.authorization_endpoint as string)
  url.search = new URLSearchParams({
    client_id: 'cli',
    redirect_uri,
    response_type: 'code',
    state: 'xyz',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString()
  const agent = new Agent(app)
  agent.headers = { host: url.host }
  const answer = await agent.authorize(url.pathname + url.search)
  const parameters = oauth.validateAuthResponse(as, client, answer, 'xyz')
  const none = oauth.None()
  const exchanged = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    none,
    parameters,
    redirect_uri,
    verifier,
    insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, exchanged)
  const refreshed = await oauth.refreshTokenGrantRequest(
    as,
    client,
    none,
    tokens.refresh_token as string,
    insecure,
  )
  const next = await oauth.processRefreshTokenResponse(as, client, refreshed)
  const revoked = await oauth.revocationRequest(as, client, none, next.refresh_token as string, insecure)
  assert.equal(await oauth.processRevocationResponse(revoked), undefined)
  const gone = await oauth.refreshTokenGrantRequest(as, client, none, next.refresh_token as string, insecure)
  await assert.rejects(oauth.processRefreshTokenResponse(as, client, gone), { error: 'invalid_grant' })
})
