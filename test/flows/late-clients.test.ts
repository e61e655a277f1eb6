import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import type { ClientEntry } from '../../src/config/schema.ts'
import { lateClients } from '../support/late-clients.ts'
import { ALICE, verified } from '../support/oidc.ts'
import { buildServer } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const LATE: ClientEntry = {
  client_id: 'late',
  client_secret: 'a secret of the late client',
  redirect_uris: ['https://late.example/cb'],
  grant_types: ['authorization_code', 'password', 'implicit'],
  response_types: ['code', 'id_token'],
  scope: 'openid email',
  id_token_signed_response_alg: 'ES256',
  allow_plain_pkce: true,
  subject_type: 'pairwise',
}

test('a client that comes after the start is in metadata, keys and the token endpoint at once', async (t) => {
  const { source, add } = lateClients()
  const { app, clock } = await buildServer(t, { users: [ALICE], sources: [source] })
  const get = async (url: string) => (await app.inject({ url, headers: { host: 'localhost:8000' } })).json()
  const metadata = () => get('/.well-known/openid-configuration')
  const algorithms = async () => (await get('/oauth/jwks')).keys.map(({ alg }: { alg: string }) => alg)
  const form = { grant_type: 'password', username: 'alice', password: 'wonderland', scope: 'openid' }
  const headers = { authorization: basic('late', LATE.client_secret as string) }

  const before = await metadata()
  assert.ok(!before.grant_types_supported.includes('password'))
  assert.deepEqual(before.id_token_signing_alg_values_supported, ['RS256'])
  assert.deepEqual(await algorithms(), ['RS256'])
  const unknown = await direct(app, form, headers)
  assert.deepEqual([unknown.status, unknown.body.error], [400, 'unsupported_grant_type'])

  add(LATE)
  const after = await metadata()
  assert.deepEqual(after.grant_types_supported, [...before.grant_types_supported, 'password', 'implicit'])
  assert.deepEqual(after.response_types_supported, ['code', 'id_token'])
  assert.deepEqual(after.id_token_signing_alg_values_supported, ['RS256', 'ES256'])
  assert.deepEqual(after.code_challenge_methods_supported, ['S256', 'plain'])
  assert.deepEqual(after.subject_types_supported, ['public', 'pairwise'])
  // The first signature makes the key: nobody waits for the timer.
  const { status, body } = await direct(app, form, headers)
  assert.equal(status, 200)
  assert.deepEqual(await algorithms(), ['RS256', 'ES256'])
  const claims = await verified(app, body.id_token, { audience: 'late', now: clock.now })
  assert.equal(claims.aud, 'late')
  assert.equal(decodeProtectedHeader(body.id_token).alg, 'ES256')
})

test('a late client has its keys made by whoever asks for them first, once', async (t) => {
  const { source, add } = lateClients()
  const { app, clock } = await buildServer(t, { users: [ALICE], sources: [source] })
  const keys = async () =>
    (await app.inject({ url: '/oauth/jwks', headers: { host: 'localhost:8000' } })).json().keys
  const [first] = await keys()
  add(LATE)
  // The vault is looked at once in two seconds.
  clock.now += 2
  const form = { grant_type: 'password', username: 'alice', password: 'wonderland', scope: 'openid' }
  const headers = { authorization: basic('late', LATE.client_secret as string) }
  const [seen, ...answers] = await Promise.all([
    keys(),
    direct(app, form, headers),
    direct(app, form, headers),
  ])
  for (const { status } of answers) assert.equal(status, 200)
  assert.deepEqual(await keys(), seen)
  assert.deepEqual(
    seen.map(({ kid, alg }: { kid: string; alg: string }) => [kid === first.kid, alg]),
    [
      [true, 'RS256'],
      [false, 'ES256'],
    ],
  )
})

test('an id of the file that another source has does not start', async (t) => {
  const { source } = lateClients([{ ...LATE, client_id: 'Test_Client' }])
  await assert.rejects(
    buildServer(t, { sources: [source] }),
    /^ConfigError: client_id Test_Client is in the configuration file and in the test; rename one$/,
  )
})
