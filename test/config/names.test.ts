import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { listed, nearest } from '../../src/config/names.ts'
import { KEY } from '../support/server.ts'

test('the nearest name: a letter more, less, wrong or swapped, another case or another joint', () => {
  const known = ['ISSUER', 'SECRET_KEYS', 'PORT']
  for (const [name, meant] of [
    ['ISSUERS', 'ISSUER'],
    ['SSUER', 'ISSUER'],
    ['ISSUAR', 'ISSUER'],
    ['ISUSER', 'ISSUER'],
    ['issuer', 'ISSUER'],
    ['SECRETKEYS', 'SECRET_KEYS'],
    ['secret-keys', 'SECRET_KEYS'],
    ['SECRET_KEY', 'SECRET_KEYS'],
    ['PROT', 'PORT'],
  ] as const)
    assert.equal(nearest(name, known, 1), meant, name)
  for (const name of ['ISSUER_URL', 'MY_APP_SECRET', 'PO', '', 'PATH', 'NODE_ENV']) {
    assert.equal(nearest(name, known, 1), undefined, name)
  }
})

test('a list names ten and counts the rest', () => {
  const names = Array.from({ length: 50_000 }, (_, at) => `n${at}`)
  assert.equal(listed(names.slice(0, 10)), 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9')
  assert.equal(listed(names.slice(0, 11)), 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, and 1 more')
  assert.match(listed(names), /^n0, .*, n9, and 49,990 more$/)
})

const dotenv = (given: Record<string, string>, text = '') =>
  loadConfig({ ...(text && { CONFIG_FILE: 'c.yaml', SECRET_KEYS: KEY }), ...given }, () => text, given)

test('.env: a slip of one of our names is refused, unless the file uses the name', () => {
  for (const [name, meant] of [
    ['SECRET_KEY', 'SECRET_KEYS'],
    ['ISSUERS', 'ISSUER'],
    ['CONFIG_FIL', 'CONFIG_FILE'],
    ['SECRET_KEYS_FILES', 'SECRET_KEYS_FILE'],
    ['Redis_Url', 'REDIS_URL'],
    ['TRUST_PROXIE', undefined],
  ] as const) {
    const call = () => dotenv({ [name]: 'a-value' })
    if (meant === undefined) assert.deepEqual(call().unread, [name])
    else
      assert.throws(call, (error: Error) => {
        assert.equal(error.name, 'ConfigError')
        assert.ok(error.message.startsWith(`.env sets ${name}, which nothing reads; did you mean ${meant}?`))
        assert.ok(!error.message.includes('a-value'))
        return true
      })
  }
  const text = 'clients: [{client_id: a, client_secret: "${SECRET_KEY}"}]'
  const { unread } = dotenv({ SECRET_KEY: 'a secret for this test', FOO: '1', ISSUER: 'https://a' }, text)
  assert.deepEqual(unread, ['FOO'])
})

test('.env: what is a letter away from a short name of ours may be a name of somebody else', () => {
  for (const [name, meant] of [
    ['PORTS', 'PORT'],
    ['POST', 'HOST'],
    ['HOSTS', 'HOST'],
    ['STORES', 'STORE'],
  ]) {
    const { unread, remarks } = dotenv({ [name as string]: 'a-value' })
    assert.deepEqual(unread, [name])
    assert.deepEqual(remarks, [`.env has ${name}, which nothing reads; did you mean ${meant}?`])
  }
  // In other letters it is ours.
  assert.throws(() => dotenv({ Port: '80' }), /^ConfigError: \.env sets Port, .*did you mean PORT\?/)
})

test('a slip in the environment, which is full of names of others, is a remark and no refusal', () => {
  const remarks = (env: Record<string, string>) => loadConfig(env).remarks
  assert.deepEqual(
    remarks({ ISSUERS: 'https://a', PATH: '/bin', HOME: '/', POSTERN_PORT: 'tcp://10.0.0.1' }),
    ['the environment has ISSUERS, which nothing reads; did you mean ISSUER?'],
  )
  assert.throws(
    () => loadConfig({ CONFIG_FILE: 'c', SECRET_KEY: KEY }, () => 'clients: [{client_id: a}]'),
    /^ConfigError: SECRET_KEYS is not set; .*the environment has SECRET_KEY, .*did you mean SECRET_KEYS\?$/,
  )
})

test('an unknown name in the file: did you mean', () => {
  const clients = ['redirect_url', 'redirectUris', 'scopes', 'secret', 'pkce', 'skip_consents', 'colour']
  const text = `clients: [{client_id: a, ${clients.map((name) => `${name}: x`).join(', ')}}]
users: [{username: u, hash: x, e-mail: y}]
user: []`
  assert.throws(
    () => dotenv({}, text),
    (error: Error) => {
      for (const part of [
        'redirect_url (did you mean redirect_uris?)',
        'redirectUris (did you mean redirect_uris?)',
        'scopes (did you mean scope?)',
        'secret (did you mean client_secret?)',
        'pkce (did you mean require_pkce?)',
        'skip_consents (did you mean skip_consent?)',
        '/clients/0 has the unknown name colour;',
        'hash (did you mean password_hash?)',
        'e-mail (did you mean email?)',
      ])
        assert.ok(error.message.includes(part), `${part}: ${error.message}`)
      return true
    },
  )
})

test('the same slip in each of 50,000 people is one short line', () => {
  const one = '{"username": "u", "password_hsh": "x"}'
  for (const count of [100, 50_000]) {
    const text = `{"clients": [{"client_id": "a"}], "users": [${Array(count).fill(one).join(',')}]}`
    assert.throws(
      () => dotenv({}, text),
      (error: Error) => {
        assert.match(error.message, /^c\.yaml: \/users\/0 has the unknown name password_hsh \(did you mean/)
        assert.ok(error.message.length < 2000)
        return true
      },
    )
  }
})
