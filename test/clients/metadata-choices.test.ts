import assert from 'node:assert/strict'
import { test } from 'node:test'
import { narrowed } from '../../src/clients/introduced/metadata.ts'

test('RP Metadata Choices: keys, if it says where they are; else what it names; else none; a document has no secret', () => {
  const jwks_uri = 'https://agent.example/jwks.json'
  const KEYS = 'private_key_jwt'
  const either = { token_endpoint_auth_methods_supported: [KEYS, 'none'] }
  const refused = 'invalid_client_metadata'
  const chosen = (given: object, kind: 'registration' | 'document') => {
    try {
      const { client_name, redirect_uris, grant_types, scope, ...how } = narrowed(
        { redirect_uris: ['https://agent.example/cb'], ...given },
        ['openid'],
        kind,
      )
      return how
    } catch (error) {
      return (error as { error: string }).error
    }
  }
  for (const [method, supported, keys, registration, document] of [
    [undefined, undefined, false, 'client_secret_basic', 'none'],
    [undefined, undefined, true, 'client_secret_basic', either],
    ['none', undefined, true, 'none', 'none'],
    [KEYS, undefined, true, {}, {}],
    [KEYS, undefined, false, refused, refused],
    [KEYS, ['none', KEYS], true, either, either],
    [KEYS, ['none', KEYS], false, 'none', 'none'],
    ['none', [KEYS], true, either, either],
    // Who offers keys alone is never let in without.
    [undefined, [KEYS], true, {}, {}],
    [undefined, [KEYS], false, 'client_secret_basic', refused],
    [undefined, ['none', KEYS], true, either, either],
    [undefined, ['none'], true, 'none', 'none'],
    [undefined, [], true, 'client_secret_basic', either],
    [undefined, ['tls_client_auth', 'client_secret_jwt'], true, 'client_secret_basic', refused],
    ['client_secret_post', undefined, false, 'client_secret_post', refused],
    ['client_secret_jwt', ['client_secret_post'], false, 'client_secret_post', refused],
    ['client_secret_post', ['client_secret_basic'], false, 'client_secret_post', refused],
    ['client_secret_basic', ['none'], false, 'client_secret_basic', 'none'],
    ['client_secret_basic', [KEYS], true, {}, {}],
    ['client_secret_jwt', ['tls_client_auth'], false, refused, refused],
  ] as const) {
    const given = {
      ...(method && { token_endpoint_auth_method: method }),
      ...(supported && { token_endpoint_auth_methods_supported: supported }),
      ...(keys && { jwks_uri }),
    }
    for (const [kind, expected] of [
      ['registration', registration],
      ['document', document],
    ] as const) {
      const whole =
        typeof expected === 'object' ? { token_endpoint_auth_method: KEYS, ...expected, jwks_uri } : expected
      const found =
        typeof whole === 'string' && whole !== refused ? { token_endpoint_auth_method: whole } : whole
      assert.deepEqual(chosen(given, kind), found, `${kind} ${JSON.stringify(given)}`)
    }
  }
  for (const [named, supported, expected] of [
    ['RS256', undefined, 'RS256'],
    ['RS256', ['ES256', 'RS256'], undefined],
    [undefined, ['ES256', 'HS256'], 'ES256'],
    ['none', ['HS256'], undefined],
    ['RS256', ['ES512'], 'RS256'],
  ] as const) {
    const given = {
      ...{ token_endpoint_auth_method: KEYS, jwks_uri, token_endpoint_auth_signing_alg: named },
      token_endpoint_auth_signing_alg_values_supported: supported,
    }
    const how = chosen(given, 'document') as Record<string, unknown>
    assert.equal(how.token_endpoint_auth_signing_alg, expected, `${named} ${supported}`)
  }
})
