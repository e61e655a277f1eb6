import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { HASH } from '../support/sample-hash.ts'
import { KEY } from '../support/server.ts'

const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig({ CONFIG_FILE: 'c.yaml', SECRET_KEYS: KEY, ...env }, () => text).entries
const secretOf = (value: string, env: Record<string, string> = {}) =>
  load(`clients:\n  - client_id: a\n    client_secret: ${value}\n`, env).clients[0]?.client_secret
const refused = (call: () => unknown, message: RegExp, hidden = 'x-nothing') =>
  assert.throws(call, (error: Error) => {
    assert.equal(error.name, 'ConfigError')
    assert.match(error.message, message)
    assert.ok(!error.message.includes(hidden), error.message)
    return true
  })

test('a reference in another spelling is refused with the right one: it would be the working secret', () => {
  const spellings = [
    '$MY_APP_SECRET',
    '$(MY_APP_SECRET)',
    '$env:MY_APP_SECRET',
    '{{ MY_APP_SECRET }}',
    '"{{ MY_APP_SECRET }}"',
    "'{{MY_APP_SECRET}}'",
    '%MY_APP_SECRET%',
    '"%MY_APP_SECRET%"',
    '"<%= MY_APP_SECRET %>"',
    '${MY_APP_SECRET',
    '$MY_APP_SECRET}',
    '"{{ MY_APP_SECRET }}"   # from the vault',
  ]
  for (const spelling of spellings) {
    for (const env of [{}, { MY_APP_SECRET: 'a secret for this test' }]) {
      refused(
        () => secretOf(spelling, env as Record<string, string>),
        /^c\.yaml(: \/clients\/0\/client_secret|, line 3:) is a reference in another program's spelling, which nothing replaces; write it as \$\{MY_APP_SECRET\}$/,
        'a secret for this test',
      )
    }
  }
  refused(
    () => load(`clients: [{client_id: a}]\nusers: [{username: u, password_hash: $ADA_HASH}]`),
    /^c\.yaml: \/users\/0\/password_hash is a reference .*write it as \$\{ADA_HASH\}$/,
  )
  // What is between may be a part of a secret.
  refused(() => secretOf('"{{ lookup hunter2 }}"'), /write it as \$\{NAME\}$/, 'hunter2')
})

test('a variable that holds a reference is refused too: .env and --env-file expand nothing', () => {
  for (const S of ['$OTHER_SECRET_OF_OURS', '${OTHER_SECRET_OF_OURS}', '{{ vault.secret.of.ours }}']) {
    refused(
      () => secretOf('${S}', { S }),
      /client_secret uses \$\{S\}, but the variable S is a reference .*; set S to the value itself$/,
      S,
    )
  }
  for (const value of [
    '{{ .Values.postern.secretKeys.signing.primary }}',
    `${KEY},\${OTHER}`,
    `$OTHER\n${KEY}`,
  ]) {
    refused(
      () => loadConfig({ SECRET_KEYS: value }),
      /^SECRET_KEYS has a reference to another variable, which nothing replaces; .*SECRET_KEYS_FILE$/,
    )
  }
  refused(
    () => loadConfig({ PAIRWISE_SALT: "{{ lookup('env', 'PAIRWISE_SALT') }}" }),
    /^PAIRWISE_SALT has a reference/,
  )
})

test('a secret that only looks a little like one is a secret: dollars within, a mixed-case word behind one', () => {
  for (const secret of [
    '$uperSecretPassword1',
    'pa$$word-of-sixteen',
    'a-$NAME-in-the-middle',
    'percent-100%-sure%',
  ])
    assert.equal(secretOf(`'${secret}'`), secret)
  refused(
    () => secretOf("'$my_app_secret_1'", { my_app_secret_1: 'x' }),
    /write it as \$\{my_app_secret_1\}$/,
  )
  assert.equal(
    load(`clients: [{client_id: a}]\nusers: [{username: u, password_hash: "${HASH}"}]`).users.length,
    1,
  )
})

test('elsewhere a reference is refused if its variable is set; a text is a text otherwise', () => {
  const name = (value: string, env = {}) =>
    load(`clients: [{client_id: a, client_name: "${value}"}]`, env).clients[0]?.client_name
  assert.equal(name('$CASH'), '$CASH')
  refused(() => name('$CASH', { CASH: 'Cash App' }), /client_name is a reference.*\$\{CASH\}$/)
  refused(() => name('{{ CASH }}', { CASH: 'Cash App' }), /client_name is a reference/)
  assert.equal(name('$${CASH}', { CASH: 'Cash App' }), '${CASH}')
})

test('${X:-default}: there are no defaults, and the message does not repeat this one', () => {
  for (const inner of [
    'SECRET:-hunter2',
    'SECRET-hunter2',
    'SECRET:?hunter2',
    'SECRET:=hunter2',
    'SECRET:+hunter2',
  ])
    refused(
      () => secretOf(`\${${inner}}`),
      /has a \$\{SECRET…\} .*there are no defaults here: write \$\{SECRET\} and set SECRET$/,
      'hunter2',
    )
})

test('RFC 6749 A.2: line breaks at the end are trimmed; what is no VSCHAR is refused, unrepeated', () => {
  const clean = 'secret-0123456789-abcdef'
  for (const S of [clean, `${clean}\n`, `${clean}\r\n`, `${clean}\n\n`])
    assert.equal(secretOf('${S}', { S }), clean)
  assert.equal(secretOf(`|\n      ${clean}\n`), clean)
  // A space is a VSCHAR.
  assert.equal(secretOf('${S}', { S: `${clean} ` }), `${clean} `)
  for (const S of [
    `${clean}\tx`,
    `a\n${clean}`,
    `${clean}ä`,
    `${clean}\u00a0`,
    `${clean}\u200b`,
    `${clean}\x7f`,
  ]) {
    refused(
      () => secretOf('${S}', { S }),
      /client_secret has a character that is not printable ASCII, such as a line break or an umlaut/,
      clean,
    )
  }
})
