import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceEntry } from '../../src/config/schema.ts'
import { Parameters } from '../../src/protocol/parameters.ts'
import { OWN_RESOURCE } from '../../src/protocol/resource.ts'
import { Resources } from '../../src/resources/resources.ts'

const ISSUER = 'https://id.example'
const NOTES = 'https://notes.example/mcp'
const FILES = 'https://Files.example/'
const ENTRIES: ResourceEntry[] = [
  {
    resource: NOTES,
    scopes: ['read', 'write'],
    access_token_format: 'jwt',
    access_token_signed_response_alg: 'ES256',
    access_token_ttl: 60,
  },
  { resource: FILES, scopes: ['read', 'files'] },
  { resource: 'urn:example:open', access_token_ttl: 900 },
]
const some = new Resources({ issuer: ISSUER, entries: ENTRIES })
const any = new Resources({ issuer: ISSUER, entries: ENTRIES, any: true })
const none = new Resources({ issuer: ISSUER })
const read = (resources: Resources, ...resource: string[]) => resources.read(new Parameters({ resource }))
const INVALID = { error: 'invalid_target' }

test('resources are read in whatever spelling, each once, and named as the configuration does', () => {
  assert.equal(some.read(new Parameters({})), undefined)
  assert.equal(read(some, ''), undefined)
  assert.deepEqual(read(some, 'HTTPS://NOTES.example/mcp/', NOTES), [NOTES])
  assert.deepEqual(read(some, 'https://files.example', 'URN:example:open'), [FILES, 'urn:example:open'])
  for (const own of [ISSUER, `${ISSUER}/`, 'HTTPS://ID.example', `${ISSUER}/oauth/userinfo`])
    assert.deepEqual(read(some, own), [OWN_RESOURCE])
})

test('an unknown one is refused, unless any may be asked for: https or loopback, in its plain spelling', () => {
  const plain = ['https://mcp.example/x', 'http://localhost:3000/mcp', 'http://127.0.0.1/', 'http://[::1]:1']
  const others = [
    'http://mcp.example/x',
    'http://10.0.0.1/',
    'http://localhost.evil.example/',
    'https://mcp.example:443/x',
    'https://mcp.example/a/../b',
    'https://mcp.example?x',
    'https://0x7f.1/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'urn:example:x',
    'ftp://mcp.example/',
  ]
  for (const one of [...plain, ...others]) assert.throws(() => read(some, one), INVALID, one)
  for (const one of plain) assert.deepEqual(read(any, one), [one])
  for (const one of others) assert.throws(() => read(any, one), INVALID, one)
  assert.deepEqual(read(any, 'HTTPS://MCP.example/x/'), ['https://mcp.example/x/'])
})

test('a server that has none ignores the parameter, whatever it is', () => {
  assert.equal(read(none, 'no URI at all', 'https://x.example/#y'), undefined)
  assert.ok(none.serves(undefined))
  assert.ok(!none.serves([NOTES]))
})

test('what a resource lists is granted there and where else it is listed; the rest everywhere', () => {
  const all = 'openid read write files other'
  assert.equal(some.scopeAt(undefined, all), all)
  assert.equal(some.scopeAt([NOTES], all), 'openid read write other')
  assert.equal(some.scopeAt([FILES], all), 'openid read files other')
  assert.equal(some.scopeAt([NOTES, FILES], all), all)
  assert.equal(some.scopeAt(['urn:example:open'], all), 'openid other')
  assert.equal(some.scopeAt([OWN_RESOURCE], all), 'openid other')
  assert.equal(any.scopeAt(['https://evil.example'], all), 'openid other')
})

test('tokens look as their resource says; of several, or of one that is not described, they are opaque', () => {
  assert.equal(some.tokensAt(undefined), undefined)
  assert.equal(some.tokensAt([OWN_RESOURCE]), undefined)
  assert.equal(some.tokensAt([NOTES])?.access_token_format, 'jwt')
  assert.equal(some.tokensAt([NOTES])?.access_token_signed_response_alg, 'ES256')
  assert.equal(some.tokensAt([FILES])?.access_token_format, 'opaque')
  assert.equal(some.tokensAt([NOTES, OWN_RESOURCE])?.access_token_format, 'opaque')
  assert.equal(any.tokensAt(['https://mcp.example'])?.access_token_format, 'opaque')
  assert.equal(some.ttlAt(undefined, 300), 300)
  assert.equal(some.ttlAt([NOTES], 300), 60)
  assert.equal(some.ttlAt(['urn:example:open'], 300), 900)
  assert.equal(some.ttlAt([FILES, 'urn:example:open'], 300), 300, 'the shortest')
})

test('the audience is spelled as configured; this server is its issuer', () => {
  assert.equal(some.audienceOf(undefined), ISSUER)
  assert.equal(some.audienceOf([FILES]), FILES)
  assert.deepEqual(some.audienceOf([NOTES, OWN_RESOURCE]), [NOTES, ISSUER])
  assert.equal(some.resourceOf(ISSUER), undefined)
  assert.deepEqual(some.resourceOf(NOTES), [NOTES])
})

test('a name is recognised whatever its capitals and the slashes at its end', () => {
  for (const name of [
    NOTES,
    'https://NOTES.example/MCP',
    ' https://notes.example/mcp// ',
    'URN:EXAMPLE:OPEN',
  ])
    assert.ok(some.isNamed(name), name)
  for (const name of ['', 'app', 'https://notes.example', 'https://notes.example/mcp?'])
    assert.ok(!some.isNamed(name))
})

test('entries that contradict themselves or each other are refused, with their path', () => {
  const refused = (entries: ResourceEntry[], message: RegExp) =>
    assert.throws(() => new Resources({ issuer: ISSUER, entries }), message)
  const at = (resource: string) => [{ resource }]
  refused(at('notes'), /^ConfigError: \/resources\/0\/resource \(resource notes\): is not an absolute URI$/)
  refused(at('https://x.example/#y'), /has a fragment/)
  refused(at('https://u:p@x.example/'), /carries user information/)
  refused(at(`https://x.example/${'x'.repeat(700)}`), /is longer than 700 characters/)
  for (const own of ['https://ID.example/', `${ISSUER}/oauth/userinfo`])
    refused(at(own), /is this server itself/)
  refused(
    [{ resource: NOTES }, { resource: 'HTTPS://notes.example/mcp/' }],
    /\/resources\/1\/.* is listed twice/,
  )
  refused([{ resource: NOTES, scopes: ['a b'] }], /must be names of scopes/)
  for (const scope of ['openid', 'offline_access', 'groups'])
    refused([{ resource: NOTES, scopes: [scope] }], /belongs to no single resource/)
})
