import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { commandBeside, commandLine } from '../support/command-line.ts'
import { asking } from '../support/introduced.ts'
import { RedisServer } from '../support/redis.ts'
import { served } from '../support/served.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const CONFIG = 'clients: []\nregistration: open\nblocked_clients:\n  - client_name: filed\n'
const URI = 'https://app.evil.example/cb'

for (const name of ['sqlite', 'redis'] as const) {
  describe(`postern clients block, beside a server on ${name}`, () => {
    let redis: RedisServer | undefined
    before(async () => {
      if (name === 'redis') redis = await RedisServer.start()
    })
    after(() => redis?.remove())

    test('a rule of each kind shuts out at once, is listed, and is lifted', async (t) => {
      const store: Record<string, string> =
        redis === undefined
          ? { STORE: 'sqlite', SQLITE_FILE: 'store.db' }
          : { STORE: 'redis', REDIS_URL: redis.url }
      const { port, folder, configFile } = await served(t, CONFIG, { env: store })
      const postern = commandLine({ ...store, SECRET_KEYS: KEY, CONFIG_FILE: configFile }, folder)
      const issuer = `http://localhost:${port}`
      const register = async (client_name: string) => {
        const body = { client_name, redirect_uris: [URI], token_endpoint_auth_method: 'none' }
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(`${issuer}/oauth/register`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        })
        return { status: answer.status, ...((await answer.json()) as { client_id: string }) }
      }
      const { client_id } = await register('My App')
      const status = async () => (await fetch(issuer + asking(client_id, URI), { redirect: 'manual' })).status
      assert.equal(await status(), 200)
      assert.equal((await register('FILED')).status, 403)
      for (const rule of [
        ['--redirect-host', '*.evil.example'],
        ['--client-name', '*app'],
      ] as const) {
        const ran = postern(['clients', 'block', ...rule])
        assert.equal(ran.status, 0, ran.err)
        assert.match(ran.out, /blocked, at every node within 5 seconds/)
        const event = JSON.parse(ran.err.trim().split('\n').at(-1) ?? '')
        const text = `${rule[0].slice(2).replace('-', '_')} ${rule[1]}`
        assert.deepEqual([event.event, event.command, event.reason], ['command_run', 'clients block', text])
        await until(async () => (await status()) === 403, 'the server sees it')
        assert.match(postern(['clients', 'block', ...rule]).out, /blocked before already/)
        assert.match(
          postern(['clients', 'blocked']).out,
          new RegExp(`${text.replace(' ', ' +').replaceAll('*', '\\*')} +store`),
        )
        const lifted = postern(['clients', 'unblock', rule[0], rule[1].toUpperCase()])
        assert.equal(lifted.status, 0, lifted.err)
        await until(async () => (await status()) === 200, 'the server sees it')
      }
      const both = ['--document-host', 'docs.evil.example', '--approved-before', '2026-01-01']
      assert.deepEqual(postern(['clients', 'block', ...both, '--json']).json(), {
        rules: [{ document_host: 'docs.evil.example' }, { approved_before: '2026-01-01' }],
        added: 2,
      })
      assert.deepEqual(postern(['clients', 'blocked', '--json']).json(), [
        { rule: { client_name: 'filed' }, from: 'file' },
        { rule: { document_host: 'docs.evil.example' }, from: 'store' },
        { rule: { approved_before: '2026-01-01' }, from: 'store' },
      ])
      assert.equal(
        postern([
          'clients',
          'unblock',
          '--approved-before',
          '2026-01-01T00:00:00Z',
          '--document-host',
          'docs.evil.example',
        ]).status,
        0,
      )
      const missing = postern(['clients', 'unblock', '--client-name', 'nobody'])
      assert.equal(missing.status, 3)
      assert.match(missing.err, /the store has no rule client_name nobody; clients blocked has every one/)
      const filed = postern(['clients', 'unblock', '--client-name', 'Filed'])
      assert.equal(filed.status, 1)
      assert.match(filed.err, /is in the configuration file \(blocked_clients\); take it out there/)
    })

    test('administrators who run it at once lose nothing', async () => {
      const folder = folderOfTests()
      const store: Record<string, string> =
        redis === undefined
          ? { STORE: 'sqlite', SQLITE_FILE: join(folder, 'store.db') }
          : { STORE: 'redis', REDIS_URL: redis.url, REDIS_PREFIX: 'at-once:' }
      const postern = commandBeside({ ...store, SECRET_KEYS: KEY }, folder)
      const names = ['a', 'b', 'c', 'd', 'e', 'f']
      const ran = await Promise.all(names.map((one) => postern(['clients', 'block', '--client-name', one])))
      for (const { status, err } of ran) assert.equal(status, 0, err)
      const kept = (await postern(['clients', 'blocked', '--json'])).json() as {
        rule: { client_name: string }
      }[]
      assert.deepEqual(kept.map(({ rule }) => rule.client_name).sort(), names)
    })
  })
}

test('what cannot be a rule is answered with what to write, and nothing is kept of it', () => {
  const folder = folderOfTests()
  const postern = commandLine(
    { STORE: 'sqlite', SQLITE_FILE: join(folder, 'store.db'), SECRET_KEYS: KEY },
    folder,
  )
  for (const [words, says] of [
    [
      [],
      /say what: --redirect-host <host>, or --document-host <host>, or --client-name <pattern>, or --approved-before <time>/,
    ],
    [
      ['--redirect-host', 'https://evil.example/cb'],
      /--redirect-host is not a host name; write it without scheme, port and path: evil\.example/,
    ],
    [['--client-name', 'good', '--document-host', 'a:1'], /--document-host is not a host name/],
    [['--client-name', ' '], /--client-name has no character that can be seen/],
    [['--client-name', 'x'.repeat(201)], /--client-name must have 200 characters at most/],
    [['--redirect-host', `${'x'.repeat(250)}.example`], /--redirect-host must have 255 characters at most/],
    [['--redirect-host='], /--redirect-host must not be empty/],
    [
      ['--approved-before', 'now'],
      /--approved-before is not a date \(2026-05-31\) or a date and time with its offset/,
    ],
    [['--approved-before', '2999-01-01'], /--approved-before lies ahead/],
    [['--redirect-hots', 'x'], /did you mean --redirect-host\?/],
  ] as const)
    for (const word of ['block', 'unblock']) {
      if (word === 'unblock' && words[1] === '2999-01-01') continue
      const { status, err } = postern(['clients', word, ...words])
      assert.equal(status, 2, `${words} ${err}`)
      assert.match(err, says)
    }
  assert.deepEqual(postern(['clients', 'blocked', '--json']).json(), [])
})

test('with STORE=memory each of the three says why not', () => {
  const postern = commandLine({ STORE: 'memory', SECRET_KEYS: KEY }, folderOfTests())
  for (const words of [['block', '--client-name', 'x'], ['unblock', '--client-name', 'x'], ['blocked']]) {
    const { status, err } = postern(['clients', ...words])
    assert.equal(status, 1)
    assert.match(err, /STORE is memory: what the server has is inside its process/)
  }
})

test('check-config names the rule of the file that is none, by its path', () => {
  const folder = folderOfTests()
  const postern = commandLine({ CONFIG_FILE: join(folder, 'postern.yaml'), SECRET_KEYS: KEY }, folder)
  const check = (rules: string) => {
    writeFileSync(
      join(folder, 'postern.yaml'),
      `clients: [{ client_id: a, grant_types: [client_credentials], client_secret: ${KEY} }]\nblocked_clients:\n${rules}`,
    )
    return postern(['check-config'])
  }
  for (const [rules, says] of [
    [
      '  - { redirect_host: a.example }\n  - { redirect_host: a.example/x }\n',
      /postern\.yaml: \/blocked_clients\/1\/redirect_host is not a host name/,
    ],
    [
      '  - { client_name: x, document_host: a.example }\n',
      /postern\.yaml: \/blocked_clients\/0 must have one of redirect_host, document_host, client_name, approved_before, and only one/,
    ],
    ['  - {}\n', /\/blocked_clients\/0 must have one of/],
    ['  - { host: x }\n', /\/blocked_clients\/0 has the unknown name host \(did you mean redirect_host\?\)/],
    ['  - { approved_before: 2999-01-01T00:00:00Z }\n', /\/blocked_clients\/0\/approved_before lies ahead/],
    [
      '  - { approved_before: 17 }\n',
      /\/blocked_clients\/0\/approved_before must be text, not a number; put it in quotes/,
    ],
    ['  - { client_name: "" }\n', /\/blocked_clients\/0\/client_name must not be empty/],
    ['  client_name: x\n', /\/blocked_clients must be a list, not a mapping/],
  ] as const) {
    const { status, err } = check(rules)
    assert.equal(status, 1)
    assert.match(err, says)
  }
  const good =
    "  - redirect_host: evil.example\n  - document_host: '*.evil.example'\n  - client_name: '*bank*'\n  - approved_before: 2026-11-01T00:00:00Z\n"
  assert.equal(check(good).status, 0, check(good).err)
})
