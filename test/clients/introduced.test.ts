import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { type NarrowedMetadata, narrowed } from '../../src/clients/introduced/metadata.ts'
import { openId, sealId } from '../../src/clients/introduced/sealed-id.ts'
import { CLIENT_SCHEMA } from '../../src/config/client-schema.ts'
import { RegistrationKeys } from '../../src/registry/registration-keys.ts'
import { makeHandle } from '../../src/secrets/handles.ts'
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

test('RP Metadata Choices: keys, if it says where they are; else what it names; else none; a document has no secret', () => {
  const jwks_uri = 'https://agent.example/jwks.json'
  const KEYS = 'private_key_jwt'
  const either = { token_endpoint_auth_methods_supported: [KEYS, 'none'] }
  const refused = 'invalid_client_metadata'
  const chosen = (given: object, kind: 'registration' | 'document') => {
    try {
      const { client_name, redirect_uris, grant_types, scope, ...how } = narrowed(
        { redirect_uris: ['https://agent.example/cb'], ...given },
        OFFERED,
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
