import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type CryptoKey, exportJWK } from 'jose'
import { dump } from 'js-yaml'
import { registeredClients } from '../../src/composition/clients.ts'
import { loadConfig } from '../../src/config/config.ts'
import { keyPair, type Pair } from '../support/assertions.ts'
import { KEY } from '../support/server.ts'

let pair: Pair
before(async () => {
  pair = await keyPair()
})

/** Registers one client of a configuration file, as an operator writes it. */
function register(entry: object, env: Record<string, string> = {}) {
  const client = { client_id: 'c', grant_types: ['client_credentials'], ...entry }
  const file = dump({ clients: [client], users: [] })
  const config = loadConfig({ CONFIG_FILE: 'x.yaml', SECRET_KEYS: KEY, ...env }, () => file)
  return registeredClients(config).get('c') ?? assert.fail()
}

const KEYED = { token_endpoint_auth_method: 'private_key_jwt' }

test('a client with private_key_jwt has keys or their address, and no secret', () => {
  const { jwk } = pair
  const local = register({ ...KEYED, jwks: { keys: [jwk], name: 'other members are ignored' } })
  assert.deepEqual(local.keys, { source: { jwks: { keys: [jwk] } }, issuer_audience: false })
  assert.deepEqual([local.auth_methods, local.secret], [['private_key_jwt'], undefined])
  const jwks_uri = 'https://app.example/jwks.json?v=1'
  const remote = register({
    ...KEYED,
    jwks_uri,
    token_endpoint_auth_signing_alg: 'PS256',
    require_issuer_audience: true,
  })
  assert.deepEqual(remote.keys, { source: { jwks_uri }, signing_alg: 'PS256', issuer_audience: true })
  // It can prove itself, so it may have what a public client may not.
  assert.equal(register({ ...KEYED, jwks_uri, introspect_any: true }).introspect_any, true)
  assert.equal(register({ ...KEYED, jwks_uri, require_pkce: false }).require_pkce, false)
})

test('what contradicts itself does not start, in a sentence', () => {
  const jwks = { keys: [pair.jwk] }
  const jwks_uri = 'https://app.example/jwks.json'
  const secret = 'a secret for this test, of some length'
  const cases: [object, RegExp][] = [
    [KEYED, /token_endpoint_auth_method \(client c\): private_key_jwt needs jwks or jwks_uri$/],
    [{ ...KEYED, jwks, jwks_uri }, /jwks_uri .*: contradicts jwks; remove one of them$/],
    [{ ...KEYED, jwks, client_secret: secret }, /private_key_jwt contradicts the secret; remove one/],
    [{ client_secret: secret, jwks }, /jwks .*: needs token_endpoint_auth_method: private_key_jwt$/],
    [{ client_secret: secret, jwks_uri }, /jwks_uri .*: needs token_endpoint_auth_method: private_key_jwt$/],
    [{ client_secret: secret, token_endpoint_auth_signing_alg: 'ES256' }, /signing_alg .*: needs token/],
    [{ client_secret: secret, require_issuer_audience: false }, /require_issuer_audience .*: needs token/],
    [{ ...KEYED, jwks, token_endpoint_auth_signing_alg: 'HS256' }, /must be one of ES256, ES384, RS256/],
    [{ ...KEYED, jwks, token_endpoint_auth_signing_alg: 'none' }, /must be one of ES256, ES384, RS256/],
    [{ ...KEYED, jwks: {} }, /lacks keys/],
    [{ ...KEYED, jwks: { keys: [] } }, /jwks\/keys must not be empty|jwks\/keys .*1/],
    [{ ...KEYED, jwks: [] }, /jwks must be a mapping/],
    [{ ...KEYED, jwks: { keys: ['x'] } }, /jwks\/keys\/0 must be a mapping/],
    [{ ...KEYED, jwks: { keys: new Array(21).fill(pair.jwk) } }, /jwks .*: has more than 20 keys$/],
    [{ ...KEYED, jwks: { keys: [{ ...pair.jwk, use: 'enc' }] } }, /has no key that verifies signatures$/],
    [{ ...KEYED, jwks: { keys: [pair.jwk, { kty: 'oct' }] } }, /jwks\/keys\/1 .*: is none of RSA/],
    [
      { token_endpoint_auth_method: 'client_secret_jwt', client_secret: secret },
      /must be one of client_secret/,
    ],
    [{ ...KEYED, jwks_uri: 'jwks.json' }, /jwks_uri .*: must be an https URL/],
    [{ ...KEYED, jwks_uri: 'http://app.example/jwks.json' }, /http only with ALLOW_PRIVATE_ADDRESSES$/],
    [{ ...KEYED, jwks_uri: 'file:///etc/passwd' }, /must be an https URL/],
    [{ ...KEYED, jwks_uri: 'https://user:word@app.example/' }, /must be an https URL/],
    [{ ...KEYED, jwks_uri: `${jwks_uri}#x` }, /must be an https URL/],
  ]
  for (const [entry, problem] of cases)
    assert.throws(() => register(entry), { name: 'ConfigError', message: problem }, String(problem))
  const open = { ALLOW_PRIVATE_ADDRESSES: 'true' }
  assert.ok(register({ ...KEYED, jwks_uri: 'http://app.internal/jwks.json' }, open).keys)
})

test('a private key in the file is refused in words that say what to do, and repeat nothing of it', async () => {
  const secret = await exportJWK(pair.privateKey as CryptoKey)
  assert.throws(
    () => register({ ...KEYED, jwks: { keys: [secret] } }),
    (error: Error) => {
      assert.equal(
        error.message.replace(/^x\.yaml: /, ''),
        '/clients/0/jwks/keys/0 (client c): is a private key or a secret: only the public part may be here; make a new key',
      )
      return true
    },
  )
})
