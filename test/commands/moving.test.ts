import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CompactEncrypt } from 'jose'
import { sealBundle } from '../../src/commands/moving/bundle.ts'
import { commandLine } from '../support/command-line.ts'
import { RedisServer } from '../support/redis.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'

const PASSPHRASE = 'a long enough passphrase'
const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

let redis: RedisServer
before(async () => {
  redis = await RedisServer.start()
})
after(() => redis.remove())

const onSqlite = (folder: string, secret = KEY) =>
  commandLine({ STORE: 'sqlite', SQLITE_FILE: join(folder, 'store.db'), SECRET_KEYS: secret }, folder)

test('people, clients, groups and keys move from SQLite to Redis, to other SECRET_KEYS, and open only with the passphrase', () => {
  const folder = folderOfTests()
  const from = onSqlite(folder)
  for (const [words, input] of [
    [['users', 'add', 'ada', '--email', 'ada@example.com', '--group', 'staff', '--password-hash'], [HASH]],
    [['users', 'add', 'bob', '--until', '2099-01-01', '--no-link'], []],
    [['users', 'disable', 'bob'], []],
    [['groups', 'set', 'staff', '--sentence', 'All of us'], []],
    [['clients', 'block', '--client-name', '*bank*', '--approved-before', '2026-01-01'], []],
    [['keys', 'rotate'], []],
  ] as const)
    assert.equal(from(words, input).status, 0)
  const { client_secret } = from([
    'clients',
    'add',
    'svc',
    '--grant-type',
    'client_credentials',
    '--json',
  ]).json()
  const keysOf = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0])
  const keys = keysOf(from(['keys', 'list']).out)
  const file = join(folder, 'all.jwe')
  assert.match(from(['export', file], ['short']).err, /fewer than 12 characters/)
  const exported = from(['export', file], [PASSPHRASE])
  assert.equal(exported.status, 0, exported.err)
  assert.match(exported.out, /2 people, 1 clients/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  for (const text of ['"ada"', 'argon2', '"svc"']) assert.ok(!readFileSync(file, 'utf8').includes(text))
  assert.equal(from(['export', file], [PASSPHRASE]).status, 1, 'nothing is written over')

  const other = `${KEY.slice(1)}x`
  const to = commandLine(
    { STORE: 'redis', REDIS_URL: redis.url, CONFIG_FILE: empty(folder), SECRET_KEYS: other },
    folder,
  )
  assert.match(to(['import', file], ['another passphrase']).err, /does not open: another passphrase/)
  const taken = to(['import', file, '--json'], [PASSPHRASE])
  assert.equal(taken.status, 0, taken.out + taken.err)
  assert.deepEqual(to(['users', 'list', '--json']).json(), from(['users', 'list', '--json']).json())
  assert.deepEqual(keysOf(to(['keys', 'list']).out), keys)
  assert.equal(to(['groups', 'list', '--json']).json()[0].sentence, 'All of us')
  const rules = [{ client_name: '*bank*' }, { approved_before: '2026-01-01' }]
  assert.deepEqual(
    to(['clients', 'blocked', '--json']).json(),
    rules.map((rule) => ({ rule, from: 'store' })),
  )
  assert.ok(!to(['clients', 'show', 'svc', '--json']).out.includes(client_secret))
  const again = to(['import', file, '--json'], [PASSPHRASE])
  assert.equal(again.status, 1)
  assert.deepEqual([again.json().people, again.json().clients, again.json().refused.length], [0, 0, 3])
})

function empty(folder: string): string {
  const file = join(folder, 'postern.yaml')
  writeFileSync(file, 'clients: []\n')
  return file
}

test('a file that asks for endless work, or is of something else, is refused', async () => {
  const folder = folderOfTests()
  const postern = onSqlite(folder)
  const sealed = (p2c: number, text: string) =>
    new CompactEncrypt(Buffer.from(text))
      .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' })
      .setKeyManagementParameters({ p2c })
      .encrypt(Buffer.from(PASSPHRASE))
  for (const [text, says] of [
    [await sealed(600_001, '{}'), /does not open/],
    [await sealed(1000, 'not json'), /does not open/],
    [await sealed(1000, '{"format":"postern","version":2}'), /later release/],
    ['plain', /does not open/],
  ] as const) {
    writeFileSync(join(folder, 'x.jwe'), text)
    const { status, err } = postern(['import', 'x.jwe'], [PASSPHRASE])
    assert.equal(status, 1)
    assert.match(err, says)
  }
  assert.match(postern(['import', 'nothing.jwe'], [PASSPHRASE]).err, /nothing\.jwe does not exist/)
})

test('people from CSV: hostile lines are left out and named by their number, and the others are taken in', () => {
  const folder = folderOfTests()
  const postern = onSqlite(folder)
  const lines = [
    'username,email,name,groups,password_hash,sub',
    'ada,ada@example.com,"Lovelace, Ada",staff;admins,,',
    '"=HYPERLINK(""http://evil.example"")",,=1+1,,,',
    'bob,bob@example.com,Bob,,"$2b$10$short",',
    `eve,,Eve,,"${HASH}",u-7`,
    '"two\nlines",,,,,',
    'bell\u0007,,,,,',
    ',nobody@example.com,,,,',
    'ADA,,,,,',
    'zoe,ADA@example.com,,,,',
    'mallory,,,,,U-7',
    'too,many,columns,in,this,line,of,it',
  ]
  writeFileSync(join(folder, 'people.csv'), `\uFEFF${lines.slice(0, -1).join('\r\n')}\r\n`)
  const dry = postern(['import', '--csv', 'people.csv', '--dry-run', '--json'])
  assert.notEqual(dry.out, '', dry.err)
  assert.equal(dry.status, 1)
  assert.deepEqual(postern(['users', 'list', '--json']).json(), [])
  const ran = postern(['import', '--csv', 'people.csv', '--json'])
  assert.equal(ran.status, 1)
  const { people, refused } = ran.json() as { people: number; refused: string[] }
  assert.equal(people, 3, ran.out)
  assert.equal(refused.length, 7)
  for (const [at, says] of [
    [4, /password_hash is not a hash/],
    [8, /username is empty/],
  ] as const)
    assert.ok(
      refused.some((line) => says.test(line)),
      `${at}: ${refused.join('\n')}`,
    )
  assert.ok(!refused.join().includes('$2b$10$short'))
  const found = postern(['users', 'list', '--json']).json() as {
    username: string
    groups: string[]
    email: string
  }[]
  assert.deepEqual(found.map(({ username }) => username).sort(), [
    '=HYPERLINK("http://evil.example")',
    'ada',
    'eve',
  ])
  const ada = found.find(({ username }) => username === 'ada')
  assert.deepEqual([ada?.groups, ada?.email], [['staff', 'admins'], 'ada@example.com'])
  assert.ok(!/\p{Cc}/u.test(postern(['users', 'list']).out.replaceAll('\n', '')))
})

test('CSV that is none, or whose columns are unknown, takes in nobody', () => {
  const folder = folderOfTests()
  const postern = onSqlite(folder)
  for (const [text, says] of [
    ['username,emial\nada,x', /"emial"; did you mean email\?/],
    ['username,is_admin\nada,true', /a column that there is not: "is_admin"; there are username/],
    ['username,email\nada,x,y,z\n', /line 2: not CSV as it should be \(CSV_RECORD_INCONSISTENT/],
    [`username\n"${'x'.repeat(70_000)}"\n`, /not CSV as it should be \(CSV_MAX_RECORD_SIZE\)/],
    ['username\n"ada', /not CSV as it should be \(CSV_QUOTE_NOT_CLOSED\)/],
  ] as const) {
    writeFileSync(join(folder, 'x.csv'), text)
    const { status, err } = postern(['import', '--csv', 'x.csv'])
    assert.equal(status, 1)
    assert.match(err, says)
  }
  assert.match(postern(['import', '--csv', 'nothing.csv']).err, /nothing\.csv does not exist/)
  assert.deepEqual(postern(['users', 'list', '--json']).json(), [])
})

test('many people come in bounded memory, together, and nobody is missing', () => {
  const folder = folderOfTests()
  const lines = Array.from({ length: 3000 }, (_, at) => `user${at},u${at}@example.com`)
  writeFileSync(join(folder, 'people.csv'), `username,email\n${lines.join('\n')}\n`)
  const postern = onSqlite(folder)
  assert.equal(postern(['import', '--csv', 'people.csv', '--json']).json().people, 3000)
  assert.equal(postern(['users', 'list', '--json']).json().length, 3000)
})

test('a person or a rule of an export whose words do not fit is named and left out, and all others come', async () => {
  const folder = folderOfTests()
  const file = join(folder, 'hostile.jwe')
  const about = { schema: 1 as const, names: [], disabled: false, since: 1 }
  const people = [
    { ...about, sub: 'u-1', entry: { username: 'a\u001b[2Jb' } },
    { ...about, sub: 'u-2', entry: { username: 7 as unknown as string } },
    { ...about, sub: 'u-3', entry: { username: 'ada' } },
  ]
  const blocked_clients = [
    { redirect_host: 'https://a.example/' },
    { client_name: 7 as never },
    { client_name: 'x' },
  ]
  const rest = { clients: [], groups: {}, blocked_clients, consents: [], signing_keys: [] }
  writeFileSync(file, await sealBundle({ format: 'postern', version: 1, people, ...rest }, PASSPHRASE))
  const { status, json, err } = onSqlite(folder)(['import', file, '--json'], [PASSPHRASE])
  assert.equal(status, 1, err)
  assert.equal(json().people, 1)
  assert.equal(json().refused.length, 4)
  assert.match(json().refused[2], /^blocked_clients: redirect_host is not a host name/)
  assert.match(json().refused[3], /^blocked_clients: client_name must be text/)
  const [kept] = onSqlite(folder)(['clients', 'blocked', '--json']).json()
  assert.deepEqual(kept, { rule: { client_name: 'x' }, from: 'store' })
})
