import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { differenceOf } from '../../src/config/difference.ts'
import { KEY } from '../support/server.ts'

const SECRETS = ['a secret of the client', 'another secret of it', KEY, 'x'.repeat(10) + KEY]

function config(text: string, env: Record<string, string> = {}): Config {
  return loadConfig({ SECRET_KEYS: KEY, CONFIG_FILE: 'f.yaml', ...env }, () => text)
}

test('names of entries and fields, by section, and no value', () => {
  const before = config(`
clients:
  - { client_id: app, client_secret: ${SECRETS[0]}, scope: a, redirect_uris: ["https://app.example/"] }
  - { client_id: old, client_secret: ${SECRETS[0]}, redirect_uris: ["https://app.example/"] }
scopes: { a: Old words, b: Same }
groups: { staff: Staff }
registration: open
blocked_clients: [{ redirect_host: evil.example }, { client_name: '*bank*' }]
`)
  const after = config(
    `
clients:
  - { client_id: app, client_secret: ${SECRETS[1]}, scope: a b, redirect_uris: ["https://app.example/"] }
  - { client_id: wiki, client_secret: ${SECRETS[0]}, redirect_uris: ["https://app.example/"] }
scopes: { a: { sentence: New words }, b: Same }
groups: { staff: { sentence: Staff, scopes: [b] } }
webfinger_domains: [a.example]
registration: token
blocked_clients: [{ client_name: '*bank*' }, { approved_before: 2026-11-01 }]
`,
    { SECRET_KEYS: `${SECRETS[3]},${KEY}`, ACCESS_TOKEN_TTL: '77' },
  )
  const difference = differenceOf(before, after)
  assert.deepEqual(difference, {
    variables: 'SECRET_KEYS, ACCESS_TOKEN_TTL',
    clients: 'changed: app (client_secret, scope); gone: old; new: wiki',
    scopes: 'changed: a',
    groups: 'changed: staff',
    webfinger_domains: 'new: 0',
    registration: 'changed: registration',
    blocked_clients: 'gone: redirect_host evil.example; new: approved_before 2026-11-01',
  })
  for (const secret of SECRETS) assert.ok(!JSON.stringify(difference).includes(secret))
  assert.deepEqual(differenceOf(after, after), {})
})

test('a long list is cut, and says so', () => {
  const many = Array.from({ length: 30 }, (_, at) => `{ client_id: c${at} }`).join(', ')
  const one = 'clients: [{ client_id: a }]'
  assert.match(differenceOf(config(one), config(`clients: [${many}]`)).clients ?? '', /c9, and 20 more/)
})
