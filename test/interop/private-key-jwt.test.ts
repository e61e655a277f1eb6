import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { ASSERTION_ALGORITHMS } from '../../src/protocol/algorithms.ts'
import { keyedClient, keyPair, type Pair } from '../support/assertions.ts'
import { Agent } from '../support/browser-agent.ts'
import { clientServer, listen } from '../support/listen.ts'
import { ALICE } from '../support/oidc.ts'

const CALLBACK = 'https://app.example/cb'

/** A listener with a client whose keys are at its own address. */
async function listening(t: TestContext, pair: Pair) {
  const { origin } = await clientServer(t, (_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [pair.jwk] })),
  )
  const app = keyedClient('app', {
    jwks_uri: `${origin}/jwks`,
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid read',
    introspect_any: true,
    require_issuer_audience: true,
    skip_consent: true,
  })
  const env = { ALLOW_PRIVATE_ADDRESSES: 'true' }
  return listen(t, { clients: [app], users: [ALICE], env, storeClock: true })
}

for (const alg of ASSERTION_ALGORITHMS) {
  test(`openid-client with private_key_jwt and ${alg}: code, refresh, introspection, revocation, tokens of its own`, async (t) => {
    const pair = await keyPair(alg)
    const { app, issuer } = await listening(t, pair)
    const auth = client.PrivateKeyJwt({ key: pair.privateKey, kid: pair.kid })
    const config = await client.discovery(new URL(issuer), 'app', undefined, auth, {
      execute: [client.allowInsecureRequests],
    })
    assert.ok(config.serverMetadata().token_endpoint_auth_methods_supported?.includes('private_key_jwt'))
    const code_verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid read',
      code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
      code_challenge_method: 'S256',
    })
    const agent = new Agent(app)
    agent.headers = { host: url.host }
    const page = await agent.get(url.pathname + url.search)
    const { location } = (await agent.login(page, 'alice', 'wonderland')).headers
    const tokens = await client.authorizationCodeGrant(config, new URL(String(location)), {
      pkceCodeVerifier: code_verifier,
    })
    assert.equal(tokens.claims()?.sub, 'sub-alice')
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token as string)
    const active = await client.tokenIntrospection(config, refreshed.access_token)
    assert.deepEqual([active.active, active.client_id], [true, 'app'])
    await client.tokenRevocation(config, refreshed.refresh_token as string)
    assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false)
    assert.equal((await client.clientCredentialsGrant(config, { scope: 'read' })).scope, 'read')
  })
}

test('oauth4webapi with private_key_jwt: client_credentials, and 401 if the key is another', async (t) => {
  const pair = await keyPair('PS256')
  const { issuer } = await listening(t, pair)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const url = new URL(issuer)
  const as = await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }),
  )
  const own = { client_id: 'app' }
  const asked = async (kid: string, { privateKey }: Pair) => {
    const auth = oauth.PrivateKeyJwt({ key: privateKey, kid })
    const response = await oauth.clientCredentialsGrantRequest(as, own, auth, new URLSearchParams(), insecure)
    return oauth.processClientCredentialsResponse(as, own, response)
  }
  assert.equal((await asked(pair.kid, pair)).token_type, 'bearer')
  await assert.rejects(
    asked(pair.kid, await keyPair('PS256')),
    (error: oauth.ResponseBodyError | oauth.WWWAuthenticateChallengeError) => {
      const { status } = error.response
      assert.equal(status, 401)
      return true
    },
  )
})
