import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ISSUER, oidcServer, tokens, userinfo } from '../support/oidc.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

for (const path of ['', '/id'])
  test(`RFC 9728 §3: the metadata of userinfo and of the issuer, issuer path '${path}'`, async (t) => {
    const issuer = ISSUER + path
    const { app } = await oidcServer(t, { env: { ISSUER: issuer } })
    const headers = { host: 'localhost:8000', origin: 'https://spa.example' }
    for (const [url, resource] of [
      [`${WELL_KNOWN}${path}`, issuer],
      [`${WELL_KNOWN}${path}/oauth/userinfo`, `${issuer}/oauth/userinfo`],
    ] as const) {
      const response = await app.inject({ url, headers })
      assert.equal(response.statusCode, 200)
      assert.match(String(response.headers['content-type']), /^application\/json/)
      assert.equal(response.headers['access-control-allow-origin'], '*')
      const document = response.json()
      // §3.3: identical to what the URL was made from.
      assert.equal(document.resource, resource)
      assert.deepEqual(document.authorization_servers, [issuer])
      assert.deepEqual(document.bearer_methods_supported, ['header', 'body'])
      assert.equal((await app.inject({ method: 'OPTIONS', url, headers })).statusCode, 204)
    }
  })

test('RFC 9728 §5.1: whoever has no token, or a wrong one, is told where the metadata is', async (t) => {
  const { app } = await oidcServer(t)
  const named = new RegExp(`resource_metadata="${ISSUER}${WELL_KNOWN}/oauth/userinfo"`)
  for (const token of ['', 'x', (await tokens(app, { scope: 'email' })).access_token]) {
    const answer = await userinfo(app, token)
    assert.ok([401, 403].includes(answer.statusCode))
    assert.match(String(answer.headers['www-authenticate']), named)
  }
})
