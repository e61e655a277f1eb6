import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { notices } from '../../src/commands/notices.ts'
import { clientsOf } from '../../src/composition/clients.ts'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { createInstance } from '../../src/http/instance.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { HASH } from '../support/sample-hash.ts'
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

const ONE = 'clients: [{client_id: a}]'
const file = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ CONFIG_FILE: 'c.yaml', SECRET_KEYS: KEY, ...env }, () => text)

test('HOST=localhost is one address: a second listener would be a server of its own', () => {
  assert.equal(loadConfig({ HOST: 'localhost' }).env.HOST, '127.0.0.1')
  assert.equal(loadConfig({ HOST: '::1' }).env.HOST, '::1')
})

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
    'https://id.example/Auth-2/a.b_c~d',
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
    'https://a//b',
    'https://a/b//',
    'id.example',
    // RFC 3986 §2.3: nothing in the path that a router or a proxy reads as more than itself.
    ...[':tenant', 'a:b', '*', 'a*', 'a;b', 'a%2fb', 'a%2Fb', 'a%20b', 'a@b', '(a)', 'a+b', '%C3%A4'].map(
      (path) => `https://a/${path}`,
    ),
  ]) {
    assert.match(
      message(() => loadConfig({ ISSUER })),
      /write it as|only letters, digits, - \. _ ~ and \//,
    )
  }
  for (const ISSUER of [
    'https://ID.example/',
    'HTTPS://id.example',
    'https://id.example:443',
    'https://id.example/',
  ]) {
    assert.equal(
      message(() => loadConfig({ ISSUER })),
      `ISSUER is "${ISSUER}"; write it as https://id.example`,
    )
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
  for (const value of [
    ...ranges,
    '0.0.0.0/0',
    '::/0',
    '::ffff:0:0/96',
    '::FFFF:10.0.0.0/104',
    '::/129',
    'true',
    '*',
    'proxy.example',
    '10.0.0',
  ]) {
    const line = message(() => loadConfig({ TRUST_PROXY: value }))
    assert.ok(line.startsWith(`TRUST_PROXY is ${JSON.stringify(value)}; it must be `), line)
  }
})

test('SECRET_KEYS: required with a file, 32 random bytes or more, never shown', () => {
  assert.match(
    message(() => loadConfig({ CONFIG_FILE: 'c' }, () => ONE)),
    /^SECRET_KEYS is not set.*openssl/,
  )
  const weak = ['short', 'a'.repeat(64), 'abcdefghijkl'.repeat(4), KEY.slice(0, 16).repeat(3)]
  for (const value of [...weak, `${KEY},${KEY}`, `${KEY},weak`, ',']) {
    const line = message(() => loadConfig({ SECRET_KEYS: value }))
    assert.ok(value === ',' || !line.includes(value), line)
  }
  for (const between of [' , ', '\n', ',\r\n']) {
    assert.deepEqual(loadConfig({ SECRET_KEYS: ` ${KEY}${between}${KEY}2 ` }).secretKeys, [KEY, `${KEY}2`])
  }
  for (const key of [randomBytes(32).toString('hex'), randomBytes(32).toString('base64url')]) {
    assert.deepEqual(loadConfig({ SECRET_KEYS: key }).secretKeys, [key])
  }
})

test('every secret has a _FILE twin; both at once are refused, an unreadable one is named', () => {
  assert.deepEqual(loadConfig({ SECRET_KEYS_FILE: '/run/k' }, () => `${KEY}\n`).secretKeys, [KEY])
  assert.match(
    message(() => loadConfig({ SECRET_KEYS: KEY, SECRET_KEYS_FILE: 'x' }, () => KEY)),
    /both set/,
  )
  assert.match(
    message(() => loadConfig({ SECRET_KEYS_FILE: '/nowhere/at/all' })),
    /"\/nowhere\/at\/all", which does not exist; in a container/,
  )
})

test('an empty _FILE is an error that names it, never "not set"', () => {
  for (const name of ['REDIS_PASSWORD', 'SECRET_KEYS', 'REDIS_URL', 'PAIRWISE_SALT']) {
    assert.equal(
      message(() => loadConfig({ [`${name}_FILE`]: '/run/x' }, () => ' \n')),
      `${name}_FILE is "/run/x", which names an empty file`,
    )
  }
})

test('PAIRWISE_SALT: 32 characters or more that do not repeat themselves', () => {
  assert.equal(loadConfig({ PAIRWISE_SALT: KEY }).env.PAIRWISE_SALT, KEY)
  for (const value of ['x'.repeat(32), 'salt'.repeat(10), KEY.slice(0, 31)]) {
    assert.match(
      message(() => loadConfig({ PAIRWISE_SALT: value })),
      /^PAIRWISE_SALT is not usable; it must be a text of at least 32/,
    )
  }
})

test('the public key of the compose file is for the demo only', () => {
  const example = readFileSync(
    join(import.meta.dirname, '../../docker/secrets/example-secret-keys.txt'),
    'utf8',
  )
  const line = message(() => file(ONE, { SECRET_KEYS: `${KEY},${example}` }))
  assert.match(line, /^SECRET_KEYS has the public key of docker\/secrets.*openssl/)
  assert.ok(!line.includes(example.trim()))
  assert.equal(loadConfig({ SECRET_KEYS: example }).demo, true)
})

test('REDIS_CA_FILE without TLS is refused: it would look protected', () => {
  const env = { STORE: 'redis', SECRET_KEYS: KEY, REDIS_CA_FILE: '/ca.pem' }
  assert.match(
    message(() => loadConfig({ ...env, REDIS_URL: 'redis://r' }, () => 'PEM')),
    /^REDIS_CA_FILE is set, but REDIS_URL uses no TLS; write it with rediss:/,
  )
  const read: string[] = []
  loadConfig({ ...env, REDIS_URL: 'rediss://r' }, (path) => String(read.push(path)))
  assert.deepEqual(read, ['/ca.pem'])
})

test('without CONFIG_FILE the demo, with it never', () => {
  assert.equal(loadConfig({}).demo, true)
  assert.equal(loadConfig({}).entries.clients[0]?.client_id, 'test_client')
  assert.equal(file(ONE).demo, false)
  assert.deepEqual(file(ONE).entries, { clients: [{ client_id: 'a' }], users: [], scopes: {} })
  for (const none of ['{}', 'clients: []', 'users: []']) {
    assert.equal(
      message(() => file(none)),
      'c.yaml has no clients; give at least one, or set STORE=redis or STORE=sqlite, where they can be added while it runs',
    )
  }
  for (const on of ['registration: token', 'client_id_metadata_documents: on'])
    assert.deepEqual(file(on).entries.clients, [], 'they introduce themselves')
})

test('YAML and JSON by one parser; every problem with its path and reason', () => {
  assert.equal(file('{"clients": [{"client_id": "a"}], "users": []}').entries.clients[0]?.client_id, 'a')
  const line = message(() =>
    file('clients: [{client_id: a, redirect_uri: x, response_types: [magic]}]\nusers: 3'),
  )
  assert.match(line, /\/clients\/0 has the unknown name redirect_uri/)
  assert.match(line, /\/clients\/0\/response_types\/0 must be one of code, /)
  assert.match(line, /\/users must be a list, not a number/)
  assert.match(
    message(() => file('clients: [{client_id: a}]\nusers:\n  - username: u\n    password_hash:')),
    /\/users\/0\/password_hash is empty; it must be text$/,
  )
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
  const { clients, users } = file(text, { S: 'a: "b" #c, and more' }).entries
  assert.equal(clients[0]?.client_secret, 'a: "b" #c, and more')
  assert.equal(clients[0]?.client_name, '${S} costs $5')
  assert.equal(users[0]?.password_hash, HASH)
  assert.match(
    message(() => file(text)),
    /^c\.yaml: \/clients\/0\/client_secret uses \$\{S\}, but the variable S is not set/,
  )
  assert.match(
    message(() => file('clients: [{client_id: "${a-b}"}]\nusers: []')),
    /names no variable/,
  )
})

test('a value that is no hash, too short or too long says what it must be and how to make one', () => {
  const client = (fields: string) => `clients: [{client_id: a, ${fields}}]`
  const user = (hash: string) => `${ONE}\nusers: [{username: u, password_hash: "${hash}"}]`
  const noHash =
    /_hash is not a hash of bcrypt.*make one with: npm run hash-password, or in the image: docker run --rm -it postern hash-password$/
  const cases: [string, RegExp][] = [
    [user('hunter2'), noHash],
    [user(HASH.replace('$12$', '$31$')), noHash],
    [user(HASH.replace('$12$', '$03$')), noHash],
    [client(`client_secret_hash: "${HASH}x"`), noHash],
    [client('client_secret: hunter2'), /client_secret has fewer than 16 characters.*openssl rand -hex 32$/],
    [client('client_secret: ""'), /client_secret has fewer than 16/],
    [client(`scope: "${'a'.repeat(2001)}"`), /scope must have 2000 characters at most$/],
    [client('client_name: ""'), /client_name must not be empty$/],
    ['clients: [{client_id: "ä"}]', /client_id must be of printable ASCII/],
  ]
  for (const [text, expected] of cases) {
    const line = message(() => file(text))
    assert.match(line, expected)
    assert.ok(line.startsWith('c.yaml: /') && !line.includes('hunter2'), line)
  }
  for (const cost of ['04', '17']) file(user(HASH.replace('$12$', `$${cost}$`)))
  file(client(`scope: "${'a'.repeat(2000)}", client_secret: ${'s'.repeat(16)}`))
})

test("the README's hash is refused like its key: for a person and a client, also from a variable", () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, sample = ''] = /password_hash: (\S+)/.exec(readme) ?? []
  const refused = /^c\.yaml: \/\S+_hash is the public one of the README; make one with: npm run hash-password/
  for (const hash of [sample, sample.replace('$2b$', '$2y$'), '${SAMPLE}']) {
    const env = { SAMPLE: sample }
    const user = `${ONE}\nusers: [{username: a, password_hash: "${HASH}"}, {username: u, password_hash: "${hash}"}]`
    assert.match(
      message(() => file(user, env)),
      refused,
    )
    const client = `clients: [{client_id: a, client_secret_hash: "${hash}"}]`
    assert.match(
      message(() => file(client, env)),
      refused,
    )
  }
})

test('no message repeats what may be a secret that lacks its quotes', () => {
  const secrets = [
    '*Secret123',
    '!Secret123',
    '!!Secret123',
    '!Secret123 x',
    '!<Secret123> x',
    '!a!Secret123 x',
  ]
  secrets.push(
    '&Secret123',
    '&Secret123 *Secret123',
    '"${Secret123 Value}"',
    '"${Secret123}"',
    '[Secret123',
    '"Secret123',
  )
  secrets.push(
    "'Secret123",
    '%Secret123',
    '@Secret123',
    '`Secret123',
    '{Secret123: 1}',
    '|Secret123',
    '>Secret123',
  )
  for (const secret of secrets) {
    const line = message(() => file(`clients:\n  - client_id: a\n    client_secret: ${secret}\n`))
    assert.ok(!/secret123/i.test(line), line)
    assert.match(line, /^c\.yaml(, line \d|: \/clients\/0\/client_secret)/, secret)
  }
  assert.equal(
    message(() => file('clients: *Secret123')),
    'c.yaml, line 1: unidentified alias; put a value that begins with * or & or ! in quotes',
  )
})

test('a client of client_credentials with the sub of a person is refused: its tokens would look like theirs', () => {
  const clients = (grant: string, person: string) =>
    clientsOf(
      file(
        `clients: [{client_id: ada, client_secret: a secret for this test, redirect_uris: ["https://a/"], grant_types: [${grant}]}]
users: [{${person}, password_hash: "${HASH}"}]`,
      ),
    )
  for (const person of ['username: u, sub: ada', 'username: ada']) {
    assert.match(
      message(() => clients('client_credentials', person)),
      /^\/clients\/0\/client_id \(client ada\): is the sub of user \w+ too.*rename the client$/,
    )
    clients('authorization_code', person)
  }
  clients('client_credentials', 'username: ada, sub: u-1')
})

test('registrations that contradict themselves do not start', async () => {
  const cases: [string, RegExp][] = [
    ['{client_id: a}', /redirect_uris.*at least one/],
    ['{client_id: a, redirect_uris: ["https://a/#x"]}', /redirect_uris\/0.*fragment/],
    ['{client_id: a, redirect_uris: ["http://a.example/"]}', /loopback/],
    ['{client_id: a, redirect_uris: ["https://a/*"]}', /wildcard/],
    ['{client_id: a, redirect_uris: ["HTTP://127.0.0.1/"]}', /redirect_uris\/0.*upper case/],
    ['{client_id: a, grant_types: [client_credentials]}', /client_credentials needs a client_secret/],
    [
      '{client_id: a, redirect_uris: ["https://a/"], grant_types: [implicit, magic]}',
      /^\/clients\/0\/grant_types\/1 \(client a\): must be one of authorization_code, refresh_token, /,
    ],
    [
      '{client_id: a, client_secret: a secret for this test, token_endpoint_auth_method: none, redirect_uris: ["https://a/"]}',
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
  const clear = file(
    'clients: [{client_id: a, redirect_uris: ["https://a/"]}]\nusers: [{username: u, password: p}]',
  )
  await assert.rejects(createServer(clear, { store: new MemoryStore(), log }), /for the demo only/)
})

test('the start names the clients that use what RFC 9700 advises against, and keys that die with the process', () => {
  const file = `users: []
clients:
  - { client_id: plain, client_secret: a secret for this test, redirect_uris: [https://a.example/], require_pkce: true, scope: email }
  - { client_id: old, client_secret: a secret for this test, redirect_uris: [https://a.example/], require_pkce: true,
      grant_types: [authorization_code, implicit], response_types: [code, code id_token token] }
  - { client_id: seen, client_secret: a secret for this test, grant_types: [password] }
  - { client_id: who, client_secret: a secret for this test, redirect_uris: [https://a.example/], require_pkce: true, scope: openid }
`
  const env = { CONFIG_FILE: 'x.yaml', SECRET_KEYS: KEY }
  const named = (more = {}) => notices(loadConfig({ ...env, ...more }, () => file))
  const [forgets, keys, tokens, passwords, ...none] = named()
  assert.match(
    String(forgets),
    /^logins, consents and refresh tokens are forgotten with this process; set SQLITE_FILE/,
  )
  assert.match(String(keys), /signing keys die with this process.*\(who\)$/)
  assert.match(String(tokens), /RFC 9700 section 2\.1\.2.*\(old\)$/)
  assert.match(String(passwords), /RFC 9700 section 2\.4.*\(seen\)$/)
  assert.deepEqual(none, [])
  assert.equal(named({ SIGNING_KEYS_FILE: 'keys.json' }).length, 3)
  assert.deepEqual(named({ SQLITE_FILE: '/tmp/store.db' }), [tokens, passwords])
})

test('the start names the people who are found by the exact spelling only, once', () => {
  const people = ['ada', 'Ada', 'bob', 'eve'].map(
    (name) => `{username: ${name}, sub: u-${name}, password_hash: "${HASH}"}`,
  )
  const about = (users: string[]) =>
    notices(file(`clients: [{client_id: a, redirect_uris: ["https://a/"]}]\nusers: [${users}]`)).filter(
      (one) => one.includes('spelling'),
    )
  assert.match(String(about(people)), /exact spelling.*\(ada, Ada\)$/)
  assert.deepEqual(about(people.slice(1)), [])
})

test('quotes that --env-file kept: named in the error of a wrong value, and for a secret that was taken', () => {
  const line = message(() => loadConfig({ ISSUER: '"https://id.example"' }))
  assert.match(
    line,
    /^ISSUER is .*it must be an https URL .* \(the quotation marks around it are a part of it; docker run/,
  )
  const { remarks, secretKeys } = loadConfig({ SECRET_KEYS: `"${KEY}"` })
  assert.deepEqual(secretKeys, [`"${KEY}"`])
  assert.match(String(remarks), /^SECRET_KEYS is in quotation marks: .*--env-file keeps them$/)
  assert.ok(!String(remarks).includes(KEY))
})

test('a secret with quotes or spaces around it is named: it may be what --env-file left there', () => {
  const text = (secret: string) =>
    `clients: [{client_id: a, client_secret: "\${S}", redirect_uris: ["https://a/"], require_pkce: true}]`.replace(
      'S',
      secret,
    )
  const about = (S: string) => notices(file(text('S'), { S })).filter((one) => one.includes('quotation'))
  for (const S of ['"0123456789abcdef"', "'0123456789abcdef'", '0123456789abcdef '])
    assert.match(String(about(S)), /^client secrets begin or end with .* \(a\)$/)
  assert.deepEqual(about('0123456789"abcdef'), [])
})

test('a line of the start that lists people or clients names ten and a count', () => {
  const many = <T>(make: (at: number) => T) => Array.from({ length: 2000 }, (_, at) => make(at))
  const text = JSON.stringify({
    clients: many((at) => ({
      client_id: `client${at}`,
      client_secret: 'a secret for this test',
      redirect_uris: ['https://a.example/'],
      scope: `s${at} openid`,
    })),
    users: many((at) => ({ username: `user${at}`, password_hash: HASH.replace('$12$', '$08$') })),
  })
  const lines = notices(file(text)).filter((line) => !line.startsWith('logins, consents'))
  assert.equal(lines.length, 5)
  for (const line of lines) {
    assert.match(line, /\((?:[^,]+, ){10}and 1,990 more\)$/)
    assert.ok(line.length < 500, line)
  }
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

test('the start names clients whose sector had a port, with the setting that keeps it, until one is chosen', () => {
  const client = (id: string, uris: string, more = '') =>
    `  - { client_id: ${id}, subject_type: pairwise, redirect_uris: [${uris}]${more} }\n`
  const at = (host: string, path = 'cb') => `"https://${host}/${path}"`
  const text = `users: []
clients:
${client('one', `${at('app.example:8443')}, ${at('APP.example:8443', 'other')}`)}${client(
  'document',
  `${at('a.example')}, "app:/cb"`,
  ', sector_identifier_uri: "https://id.example:7000/s.json"',
)}${client('plain', at('app.example'))}${client('default', at('app.example:443'))}${client(
  'several',
  `${at('app.example:8443')}, ${at('app.example:9443')}`,
)}${client('kept', at('app.example:8443'), ', sector: "app.example:8443"')}${client(
  'new',
  at('app.example:8443'),
  ', sector: app.example',
)}  - { client_id: public, redirect_uris: [${at('app.example:8443')}] }
`
  const env = { SIGNING_KEYS_FILE: 'keys.json', PAIRWISE_SALT: KEY }
  const named = notices(file(text, env)).filter((one) => one.includes('sector'))
  assert.equal(named.length, 1)
  assert.match(named[0] ?? '', /another sub.*\(one: app\.example:8443, document: id\.example:7000\)$/)
})

test('the start names resources that clients which introduce themselves cannot have, if they can have none', () => {
  const resource = (name: string, more = '') =>
    `{resource: "https://${name}.example/", scopes: [${name}]${more}}`
  const about = (resources: string[], { on = 'registration: open', scopes = '{a: A, b: B}' } = {}) =>
    notices(
      file(
        `{clients: [{client_id: a, redirect_uris: ["https://a.example/"]}], scopes: ${scopes}, resources: [${resources}], ${on}}`,
      ),
    ).filter((one) => /introduce themselves|no sentence/.test(one))
  const [a, b, open] = [resource('a'), resource('b'), resource('b', ', public: true')]
  for (const on of ['registration: token', 'client_id_metadata_documents: [claude.ai]'])
    assert.match(
      String(about([a, b], { on })),
      /public: true.*\(https:\/\/a\.example\/, https:\/\/b\.example\/\)$/,
    )
  assert.deepEqual(about([a, open]), [])
  assert.deepEqual(about([a, b], { on: 'any_resource: false' }), [])
  assert.deepEqual(about([a, b], { scopes: '{a: {sentence: A, public: true}, b: B}' }), [])
  assert.deepEqual(about(['{resource: "https://c.example/"}']), [])
  assert.match(String(about([open], { scopes: '{}' })), /scopes have no sentence.*\(b\)$/)
})

test('the start names cheap hashes, and scopes that people would read the bare name of', () => {
  const cheap = HASH.replace('$12$', '$09$')
  const text = `users: [{username: ada, sub: u-1, password_hash: "${cheap}"}, {username: bob, sub: u-2, password_hash: "${HASH}"}]
scopes: { told: Say it }
clients:
  - { client_id: a, redirect_uris: ["https://a.example/"], scope: openid profile email phone address offline_access told untold }
  - { client_id: b, client_secret_hash: "${cheap}", grant_types: [client_credentials], scope: machine }
  - { client_id: c, redirect_uris: ["https://a.example/"], skip_consent: true, scope: own }
`
  const [, ...named] = notices(file(text, { SIGNING_KEYS_FILE: 'keys.json' }))
  assert.equal(named.length, 2)
  assert.match(
    named[0] ?? '',
    /hashes are cheap.*npm run hash-password, .*docker run .* hash-password \(ada, b\)$/,
  )
  assert.match(named[1] ?? '', /scopes have no sentence.*\(untold\)$/)
})
