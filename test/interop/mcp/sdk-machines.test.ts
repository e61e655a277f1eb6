import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK } from 'jose'
import { keyedClient, keyPair } from '../../support/assertions.ts'
import { callTool, sdkOf } from './support/sdk.ts'
import { mcpSite } from './support/site.ts'

const SECRET = 'a secret of a machine alone'
const SCOPE = { scope: 'notes.read' }
// Seconds: shorter than the life of an assertion, which the SDK writes by the machine's clock.
const TTL = 60

// io.modelcontextprotocol/oauth-client-credentials, the extension of MCP for what has no person.
for (const version of [1, 2] as const)
  for (const how of ['a secret', 'a key'] as const)
    test(`the MCP SDK ${version}: a machine has a token of its own by ${how}, and another when it is over`, async (t) => {
      const pair = await keyPair()
      const byKey = keyedClient('signer', { jwks: { keys: [pair.jwk] }, access_token_ttl: TTL, ...SCOPE })
      const bySecret = {
        client_id: 'machine',
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        access_token_ttl: TTL,
        ...SCOPE,
      }
      const { issuer, resource, clock, opened } = await mcpSite(t, {
        format: 'jwt',
        clients: [byKey, bySecret],
      })
      const sdk = await sdkOf(version)
      const authProvider =
        how === 'a secret'
          ? new sdk.ClientCredentialsProvider({
              ...{ clientId: 'machine', clientSecret: SECRET, expectedIssuer: issuer, ...SCOPE },
            })
          : new sdk.PrivateKeyJwtProvider({
              ...{ clientId: 'signer', privateKey: await exportJWK(pair.privateKey), algorithm: pair.alg },
              ...{ expectedIssuer: issuer, ...SCOPE },
            })
      const call = () =>
        callTool(
          sdk,
          new sdk.StreamableHTTPClientTransport(new URL(resource), { authProvider }),
          'read_notes',
        )
      const name = how === 'a secret' ? 'machine' : 'signer'
      assert.equal(await call(), `the notes of ${name} are read`)
      const { access_token } = authProvider.tokens()
      clock.now += TTL + 1
      assert.equal(await call(), `the notes of ${name} are read`)
      assert.notEqual(authProvider.tokens().access_token, access_token)
      assert.deepEqual([...new Set(opened)], ['notes.read'])
    })
