import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { type NarrowedMetadata, narrowed } from '../../src/clients/introduced/metadata.ts'
import { openId, sealId } from '../../src/clients/introduced/sealed-id.ts'
import { CLIENT_SCHEMA } from '../../src/config/client-schema.ts'
import { RegistrationKeys } from '../../src/registry/registration-keys.ts'
import { makeHandle, openHandle } from '../../src/secrets/handles.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { onEachStore } from '../support/each-store.ts'
import { runs } from '../support/runs.ts'
import { KEY } from '../support/server.ts'

const OFFERED = ['openid', 'profile', 'offline_access']
const keys = new Keys(['a key of registrations, thirty-two bytes'])
const LEAST = { redirect_uris: ['http://127.0.0.1:33418/'], token_endpoint_auth_method: 'none' }
const CURSOR = {
  client_name: 'Cursor',
  redirect_uris: [
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/callback',
  ],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

test('whatever a client asks for, alone or together, it gets nothing but what the one table has', () => {
  const wished: Record<string, unknown> = {
    ...Object.fromEntries(Object.keys(CLIENT_SCHEMA.properties).map((name) => [name, true])),
    client_id: 'web',
    client_secret: 'x'.repeat(40),
    grant_types: [
      'authorization_code',
      'implicit',
      'password',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    response_types: ['code', 'token', 'id_token', 'none'],
    scope: 'openid admin offline_access email',
    redirect_uris: LEAST.redirect_uris,
    token_endpoint_auth_method: 'none',
    client_name: 'App',
    logo_uri: 'https://evil.example/logo.svg',
    client_uri: 'https://app.example/',
    policy_uri: 'javascript:alert(1)',
    tos_uri: 'http://app.example/tos',
    allowed_groups: ['admins'],
    software_statement: 'x',
    jwks: { keys: [] },
  }
  delete wished.sector_identifier_uri
  const allowed = [
    'client_name',
    'client_uri',
    'grant_types',
    'redirect_uris',
    'scope',
    'token_endpoint_auth_method',
  ]
  const names = Object.keys(wished)
  const property = fc.property(fc.subarray(names), (some) => {
    const { redirect_uris, token_endpoint_auth_method } = LEAST
    const asked = {
      ...Object.fromEntries(some.map((name) => [name, wished[name]])),
      redirect_uris,
      token_endpoint_auth_method,
    }
    const found = narrowed(asked, OFFERED)
    assert.deepEqual(
      Object.keys(found).filter((name) => !allowed.includes(name)),
      [],
    )
    assert.ok(found.grant_types.every((one) => ['authorization_code', 'refresh_token'].includes(one)))
    assert.ok(found.scope.split(' ').every((one) => OFFERED.includes(one)))
  })
  fc.assert(property, { numRuns: runs(300) })
  assert.deepEqual(narrowed(wished, OFFERED), {
    client_name: 'App',
    redirect_uris: LEAST.redirect_uris,
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    scope: 'openid offline_access',
    client_uri: 'https://app.example/',
  })
})

test('what cannot work or is not safe is refused, and the error names the member', () => {
  const refused = (metadata: unknown, error: string, says: RegExp) =>
    assert.throws(
      () => narrowed(metadata, OFFERED),
      (thrown: Error & { error?: string }) => thrown.error === error && says.test(thrown.message),
      JSON.stringify(metadata),
    )
  const uris = (...redirect_uris: unknown[]) => ({ ...LEAST, redirect_uris })
  for (const [metadata, says] of [
    [uris(), /redirect_uris is missing/],
    [{}, /redirect_uris is missing/],
    [{ redirect_uris: 'https://a.example' }, /redirect_uris is missing, or no list/],
    [uris(1), /redirect_uris\[0\] is not a text/],
    [uris('https://a.example/', 'javascript:alert(1)'), /redirect_uris\[1\] uses the scheme javascript:/],
    [uris('data:text/html,x'), /scheme data:/],
    [uris('http://a.example/cb'), /uses http where only loopback/],
    [uris('https://*.example/'), /wildcard/],
    [uris('https://a.example/#x'), /fragment/],
    [uris('https://user@a.example/'), /user information/],
    [uris('myapp:/cb'), /scheme myapp:, which any application could have/],
    [uris('myapp:/cb', 'other://cb'), /redirect_uris\[0\] uses the scheme myapp:/],
    [
      uris('https://a.example/', 'myapp://cb', 'file:///etc/passwd'),
      /redirect_uris\[2\] uses the scheme file:/,
    ],
    [uris(`https://a.example/${'x'.repeat(600)}`), /more than 500 characters/],
    [uris(...Array.from({ length: 33 }, (_, at) => `https://a.example/${at}`)), /more than 32 URIs/],
  ] as const)
    refused(metadata, 'invalid_redirect_uri', says)
  for (const [more, says] of [
    [{ grant_types: ['client_credentials'] }, /grant_types has nothing/],
    [{ grant_types: 'authorization_code' }, /grant_types is no list/],
    [{ response_types: ['token'] }, /response_types has nothing/],
    [{ token_endpoint_auth_method: 'tls_client_auth' }, /token_endpoint_auth_method is one of/],
    [{ sector_identifier_uri: 'https://a.example/s.json' }, /sector_identifier_uri/],
    [{ scope: 7 }, /scope is not a text/],
  ] as const)
    refused({ ...LEAST, ...more }, 'invalid_client_metadata', says)
  for (const body of [null, [], 'x', 7]) refused(body, 'invalid_client_metadata', /not a JSON object/)
})

test('web, loopback and private-use URIs in one request; names are cut and cleaned', () => {
  assert.deepEqual(narrowed(CURSOR, OFFERED).redirect_uris, CURSOR.redirect_uris)
  const unknown = [...CURSOR.redirect_uris, 'cursor-next://oauth/callback', 'myapp:/cb']
  const { redirect_uris } = narrowed({ ...CURSOR, redirect_uris: unknown }, OFFERED)
  assert.deepEqual(redirect_uris, CURSOR.redirect_uris, 'what any application could have is left out')
  const named = (client_name: unknown) => narrowed({ ...LEAST, client_name }, OFFERED).client_name
  assert.equal(named('a\u202Eb\u0000c\n'), 'abc')
  assert.equal([...named('😀'.repeat(200))].length, 100)
  for (const none of [undefined, '', '\u200b', 7]) assert.equal(named(none), '127.0.0.1:33418')
})

test('the id of a public client is the same each time, whatever the order, and short enough for every URL', () => {
  const one = sealId(keys, narrowed(CURSOR, OFFERED))
  const other = sealId(
    keys,
    narrowed({ ...CURSOR, grant_types: [...CURSOR.grant_types].reverse(), software_version: '2' }, OFFERED),
  )
  assert.equal(one, other)
  assert.ok(one.length < 1000 && one.startsWith('ci_'), `${one.length}`)
  assert.deepEqual(openId(keys, one), { metadata: narrowed(CURSOR, OFFERED), secret: undefined })
})

test('ids of before open to the same client and secret, and the same registration has the same id as then', () => {
  const links = { client_uri: 'https://cursor.com/', tos_uri: 'https://cursor.com/terms' }
  const metadata = narrowed({ ...CURSOR, ...links }, OFFERED)
  const publicId =
    'ci_AZhVaV4AdZBNbsNACIWvErF2M8tEs-0xqmo0xTgzyhhGgGUlVe9e2f3dZIfgffAe74CtEnviPBNEeF7URGEApbEqoadFq0F8AdwnMYTMN-uFlI5fracZe5C8eAmYW3vLeIUBinu3GMK6rt-6I8oc8oXYLTxEYghNMLci5vF8Op_-BK8DXDSzJ7912i1tC0TrPXsVTigj7cYnJSvJ5Uq8QXuRiMculT1tUJrJi4wQgYU3yFD6Fl86cR0PXWWqjQ4yTa0ypYxIZjD8PGvRCvE34r94sJ2zx3MnnQ0-PgHLSSvqxOrAffOsZr_18_fHcI34kJw_xFDD9LFlndDZHw'
  const secretId =
    'ci_AZhVaV4QCZpX93EoSNBMITIGSxlrzXWQwW7DMAiGX6XinNXHVr7uMabJ8giprTpgAVHUTXv3Kdm67dIbgv-D_-cDsFViT5xnggjPi5ooDKA0ViX0tGg1iC-A-ySGkPlmvZDS8bv1NGMPkhcvAXNrbxmvMEBx7xZDWNf1R3dEmUO-ELuFh0gMoQnmVsQ8nk_n05_gdYCLZvbkt067pW2BaH3PXoUTyki78UnJSnK5Em_QXiTisUtlTxuUZvIiI8R7eiNU8tTFHAYwlL49QzpxHQ9dZaqNDjJNrTKljEhmMNzhRSvE38D_wsJ23B7PnXQ2-PwCg3wGl68Tn1gicpG2VS0Db_Q5Jw5EHyv67WS-uQxnV9E'
  assert.deepEqual(openId(keys, publicId), { metadata, secret: undefined })
  assert.deepEqual(openId(keys, secretId), {
    metadata: { ...metadata, token_endpoint_auth_method: 'client_secret_post' },
    secret: 'b6jsyF0ntsGtyfBnkwhrTpUuYstY0TGuE_mGsiq79SU',
  })
  // Of the packed bytes only the text is ours: another zlib may pack it otherwise.
  const textIn = (id: string) =>
    inflateRawSync((openHandle(keys, 'ci', id) ?? Buffer.alloc(0)).subarray(1)).toString()
  assert.equal(textIn(sealId(keys, metadata)), textIn(publicId))
})

test('two clients with a secret have two, which only the keys can make', () => {
  const metadata = narrowed({ ...CURSOR, token_endpoint_auth_method: 'client_secret_post' }, OFFERED)
  const ids = [sealId(keys, metadata), sealId(keys, metadata)]
  assert.notEqual(ids[0], ids[1])
  const secrets = ids.map((id) => openId(keys, id)?.secret)
  assert.equal(new Set(secrets).size, 2)
  assert.equal(secrets[0]?.length, 43)
})

test('an id that was cut, changed or made elsewhere opens to nothing, and nothing is inflated before that is known', () => {
  const id = sealId(keys, narrowed(CURSOR, OFFERED))
  const flips = fc.property(fc.nat(id.length - 1), fc.constantFrom('A', 'b', '-', '_', '9'), (at, other) => {
    const changed = id.slice(0, at) + other + id.slice(at + 1)
    if (changed !== id) assert.equal(openId(keys, changed), undefined)
    assert.equal(openId(keys, id.slice(0, at)), undefined)
  })
  fc.assert(flips, { numRuns: runs(300) })
  assert.equal(openId(new Keys(['another key of registrations, 32 bytes']), id), undefined)
  // A bomb that only whoever has the key could make is still bounded.
  const bomb = Buffer.concat([Buffer.from([0]), deflateRawSync(Buffer.alloc(1_000_000))])
  assert.throws(() => openId(keys, makeHandle(keys, 'ci', bomb)), /larger|maxOutputLength|length/)
})

onEachStore('the key of registrations', (open) => {
  test('of fifty nodes one makes it, and it outlives SECRET_KEYS', async () => {
    const store = await open()
    try {
      const before = new Keys([KEY])
      assert.equal(await new RegistrationKeys(store, before).find(), undefined)
      const all = await Promise.all(
        Array.from({ length: 50 }, () => new RegistrationKeys(store, before).findOrMake()),
      )
      const metadata: NarrowedMetadata = narrowed(CURSOR, OFFERED)
      const ids = new Set(all.map((one) => sealId(one, metadata)))
      assert.equal(ids.size, 1)
      const rotated = new Keys(['the next one of SECRET_KEYS, of 32 bytes', KEY])
      const [id = ''] = ids
      assert.ok(openId((await new RegistrationKeys(store, rotated).findOrMake()) as Keys, id))
      const later = new Keys(['the next one of SECRET_KEYS, of 32 bytes'])
      assert.ok(openId((await new RegistrationKeys(store, later).findOrMake()) as Keys, id), 'sealed again')
    } finally {
      await store.close()
    }
  })
})

test('a name is seen as it is: nothing in it turns, hides or covers the text around it', () => {
  const nameOf = (client_name: string) =>
    narrowed({ client_name, redirect_uris: ['https://agent.example/cb'] }, OFFERED).client_name
  const heap = '\u0301'.repeat(90)
  for (const [given, shown] of [
    ['\u202EknaB ruoY\u202C', 'knaB ruoY'],
    ['Your\u00A0\u00A0\u00A0\u3000\u2003 Bank', 'Your Bank'],
    [`Z${heap}algo`, `Z${heap.slice(0, 6)}algo`],
    [heap, heap.slice(0, 6)],
    // They take room, or none, and show nothing.
    ...['\u3164', '\u2800\u2800', '\u115F', '\u034F\uFE0F', '\u{E0041}', '\u200B', '\u00A0', ' \n\t'].map(
      (none) => [none, 'agent.example'],
    ),
    // Names of scripts with several marks on a letter.
    ...['ကြွှေ့', 'कृष्णा', 'בְּרֵאשִׁית', 'Tiếng Việt'].map((name) => [name, name]),
  ] as [string, string][])
    assert.equal(nameOf(given), shown, JSON.stringify(given))
})
