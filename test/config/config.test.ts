import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notices } from '../../src/banner.ts'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { createInstance } from '../../src/http/instance.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { KEY } from '../support/server.ts'

function message(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  throw new Error('it was accepted')
}

const HASH = '$2b$12$sJc2FhcVSVQuoISurrUGn.Ab5Cy7T4rmfWvNqL.XGOe8y5sn6QzEC'
const file = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ CONFIG_FILE: 'c.yaml', SECRET_KEYS: KEY, ...env }, () => text)

test('a wrong value stops the start with one line: the variable, what it was, what is allowed', () => {
  const wrong: Record<string, string> = {
    PORT: '80a',
    ISSUER: 'http://id.example',
    STORE: 'postgres',
    ACCESS_TOKEN_TTL: '-1',
    REFRESH_TOKEN_GRACE: '1.5',
    TRUST_PROXY: 'true',
    LOG_LEVEL: 'loud',
    DEMO_HOSTS: 'a b',
  }
  for (const [name, value] of Object.entries(wrong)) {
    const line = message(() => loadConfig({ [name]: value }))
    assert.ok(line.startsWith(`${name} is ${JSON.stringify(value)}; it must be `), line)
    assert.ok(!line.includes('\n'))
  }
})

test('ISSUER is compared byte for byte by clients, so only its canonical spelling is taken', () => {
  for (const ISSUER of [
    'https://id.example',
    'https://id.example/auth',
    'http://localhost:9000',
    'http://[::1]:1',
  ]) {
    assert.equal(loadConfig({ ISSUER }).issuer, ISSUER)
  }
  for (const ISSUER of [
    'https://id.example/',
    'https://ID.example',
    'https://id.example:443',
    'https://a/?x',
    'https://a/#x',
    'https://u@a',
    'ftp://a',
    'https://a/b/../c',
    'id.example',
  ]) {
    message(() => loadConfig({ ISSUER }))
  }
})

test('TRUST_PROXY: addresses, ranges and names that the HTTP server takes, and never everybody', () => {
  const fine = [
    '10.0.0.1',
    '10.0.0.0/8',
    '1.2.3.4/32',
    '::1',
    'fd00::/8',
    'fd00::1/128',
    'loopback, uniquelocal',
  ]
  for (const value of fine) {
    const { TRUST_PROXY } = loadConfig({ TRUST_PROXY: value }).env
    assert.doesNotThrow(() => createInstance(createLogger('silent', { write: () => {} }), TRUST_PROXY), value)
  }
  const ranges = ['', '-1', '1.5', '1e1', '0', '00', '33', '255.0.0.0', ' 8', '8/8'].map(
    (bits) => `10.0.0.0/${bits}`,
  )
  for (const value of [...ranges, '0.0.0.0/0', '::/0', '::/129', 'true', '*', 'proxy.example', '10.0.0']) {
    const line = message(() => loadConfig({ TRUST_PROXY: value }))
    assert.ok(line.startsWith(`TRUST_PROXY is ${JSON.stringify(value)}; it must be `), line)
  }
})

test('SECRET_KEYS: required with a file, 32 random bytes or more, never shown', () => {
  assert.match(
    message(() => loadConfig({ CONFIG_FILE: 'c' }, () => '{clients: [], users: []}')),
    /^SECRET_KEYS is not set.*openssl/,
  )
  for (const value of ['short', `${KEY},${KEY}`, `${KEY},weak`, 'a'.repeat(64), ',']) {
    const line = message(() => loadConfig({ SECRET_KEYS: value }))
    assert.ok(value === ',' || !line.includes(value), line)
  }
  assert.deepEqual(loadConfig({ SECRET_KEYS: ` ${KEY} , ${KEY}2 ` }).secretKeys, [KEY, `${KEY}2`])
})

test('every secret has a _FILE twin; both at once are refused, an unreadable one is named', () => {
  assert.deepEqual(loadConfig({ SECRET_KEYS_FILE: '/run/k' }, () => `${KEY}\n`).secretKeys, [KEY])
  assert.match(
    message(() => loadConfig({ SECRET_KEYS: KEY, SECRET_KEYS_FILE: 'x' }, () => KEY)),
    /both set/,
  )
  assert.match(
    message(() => loadConfig({ SECRET_KEYS_FILE: '/nowhere/at/all' })),
    /"\/nowhere\/at\/all".*ENOENT/,
  )
})

test('without CONFIG_FILE the demo, with it never', () => {
  assert.equal(loadConfig({}).demo, true)
  assert.equal(loadConfig({}).entries.clients[0]?.client_id, 'test_client')
  assert.equal(file('{clients: [], users: []}').demo, false)
  assert.deepEqual(file('{clients: [], users: []}').entries.clients, [])
})

test('YAML and JSON by one parser; every problem with its path and reason', () => {
  assert.equal(file('{"clients": [{"client_id": "a"}], "users": []}').entries.clients[0]?.client_id, 'a')
  const line = message(() =>
    file('clients: [{client_id: a, redirect_uri: x, grant_types: [magic]}]\nusers: 3'),
  )
  assert.match(line, /\/clients\/0 has the unknown name redirect_uri/)
  assert.match(line, /\/clients\/0\/grant_types\/0 must be one of authorization_code, refresh_token/)
  assert.match(line, /\/users must be array/)
  assert.match(
    message(() => file('clients:\n  - a: [')),
    /c\.yaml, line \d+:/,
  )
  assert.match(
    message(() => file('')),
    /c\.yaml: .*empty/,
  )
})

test('${NAME} takes a value from the environment, $${ escapes, bcrypt is untouched, a value is never markup', () => {
  const text = `clients: [{client_id: a, client_secret: "\${S}", client_name: "$\${S} costs $5"}]\nusers: [{username: u, password_hash: "${HASH}"}]`
  const { clients, users } = file(text, { S: 'a: "b" #c' }).entries
  assert.equal(clients[0]?.client_secret, 'a: "b" #c')
  assert.equal(clients[0]?.client_name, '${S} costs $5')
  assert.equal(users[0]?.password_hash, HASH)
  assert.match(
    message(() => file(text)),
    /^\/clients\/0\/client_secret uses \$\{S\}, but the variable S is not set/,
  )
  assert.match(
    message(() => file('clients: [{client_id: "${a-b}"}]\nusers: []')),
    /names no variable/,
  )
})

test('registrations that contradict themselves do not start', async () => {
  const cases: [string, RegExp][] = [
    ['{client_id: a}', /redirect_uris.*at least one/],
    ['{client_id: a, redirect_uris: ["https://a/#x"]}', /redirect_uris\/0.*fragment/],
    ['{client_id: a, redirect_uris: ["http://a.example/"]}', /loopback/],
    ['{client_id: a, redirect_uris: ["https://a/*"]}', /wildcard/],
    ['{client_id: a, grant_types: [client_credentials]}', /needs a client_secret/],
    [
      '{client_id: a, client_secret: s, token_endpoint_auth_method: none, redirect_uris: ["https://a/"]}',
      /contradicts/,
    ],
    ['{client_id: a, redirect_uris: ["https://a/"], require_pkce: false}', /must use PKCE/],
    ['{client_id: a, redirect_uris: ["https://a/"], scope: "a  b"}', /single spaces/],
    ['{client_id: a, redirect_uris: ["https://a/"], scope: a, default_scope: b}', /more than scope/],
    ['{client_id: a, redirect_uris: ["https://a/"], logo_uri: "javascript:alert(1)"}', /http or https/],
    ['{client_id: a, redirect_uris: ["https://a/"]}, {client_id: a, redirect_uris: ["https://a/"]}', /twice/],
  ]
  const log = createLogger('silent', { write: () => {} })
  for (const [clients, expected] of cases) {
    const config = file(`clients: [${clients}]\nusers: []`)
    await assert.rejects(createServer(config, { store: new MemoryStore(), log }), (error: Error) => {
      assert.equal(error.name, 'ConfigError')
      assert.match(error.message, expected)
      return true
    })
  }
  const clear = file('clients: []\nusers: [{username: u, password: p}]')
  await assert.rejects(createServer(clear, { store: new MemoryStore(), log }), /for the demo only/)
})

test('the start names the clients that use what RFC 9700 advises against, and keys that die with the process', () => {
  const file = `users: []
clients:
  - { client_id: plain, client_secret: x, redirect_uris: [https://a.example/], require_pkce: true, scope: email }
  - { client_id: old, client_secret: x, redirect_uris: [https://a.example/], require_pkce: true,
      grant_types: [authorization_code, implicit], response_types: [code, code id_token token] }
  - { client_id: seen, client_secret: x, grant_types: [password] }
  - { client_id: who, client_secret: x, redirect_uris: [https://a.example/], require_pkce: true, scope: openid }
`
  const env = { CONFIG_FILE: 'x.yaml', SECRET_KEYS: KEY }
  const named = (more = {}) => notices(loadConfig({ ...env, ...more }, () => file))
  const [keys, tokens, passwords, ...none] = named()
  assert.match(String(keys), /signing keys die with this process.*\(who\)$/)
  assert.match(String(tokens), /RFC 9700 section 2\.1\.2.*\(old\)$/)
  assert.match(String(passwords), /RFC 9700 section 2\.4.*\(seen\)$/)
  assert.deepEqual(none, [])
  assert.equal(named({ SIGNING_KEYS_FILE: 'keys.json' }).length, 2)
})

test('a public https issuer has a proxy in front: without TRUST_PROXY the start says what that means', () => {
  const text = 'clients: [{client_id: a, redirect_uris: ["https://a.example/"]}]\nusers: []'
  const about = (env: Record<string, string>) =>
    notices(file(text, env)).filter((one) => one.includes('TRUST_PROXY'))
  assert.equal(about({ ISSUER: 'https://id.example' }).length, 1)
  assert.deepEqual(about({ ISSUER: 'https://id.example', TRUST_PROXY: '10.0.0.1' }), [])
  for (const ISSUER of ['https://localhost:8443', 'http://localhost:8000'])
    assert.deepEqual(about({ ISSUER }), [])
})
