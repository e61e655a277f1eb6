import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hashSync } from 'bcrypt'
import { Keys } from '../../src/secrets/keys.ts'
import { SigningKeys } from '../../src/signing/signing-keys.ts'
import { storeVault } from '../../src/signing/store-vault.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { type Served, served, tokenFrom } from '../support/served.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const SECRET = 'a secret for the tests of keys'
const APP = ['app', SECRET] as const
const CONFIG = `
clients: [{ client_id: app, client_secret: ${SECRET}, grant_types: [password], scope: openid,
  access_token_format: jwt, introspect_any: true }]
users: [{ username: ada, sub: u-1, password_hash: "${hashSync('a password', 4)}" }]
`
const LOGIN = { grant_type: 'password', username: 'ada', password: 'a password', scope: 'openid' }

function command({ folder }: Served, words: string[], env: Record<string, string>) {
  const own = { PATH: process.env.PATH, CONFIG_FILE: 'postern.yaml', SECRET_KEYS: KEY, ...env }
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [start, ...words], { cwd: folder, env: own }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

const kidOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid

async function active(port: number, agent: Agent, token: string): Promise<boolean> {
  const answer = await fetch(`http://localhost:${port}/oauth/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(APP.join(':'))}` },
    body: new URLSearchParams({ token }),
  })
  assert.ok(agent)
  return ((await answer.json()) as { active: boolean }).active
}

for (const [where, variables] of [
  ['a keys file', { SIGNING_KEYS_FILE: 'keys.json' }],
  ['the store', { SQLITE_FILE: 'store.db' }],
] as const)
  test(`a leaked key in ${where}: listed, revoked, and what it signed is refused by a server that looks again`, async (t: TestContext) => {
    const env: Record<string, string> = { ...variables }
    const server = await served(t, CONFIG, { env })
    const agent = new Agent({ keepAlive: false })
    const { access_token } = await tokenFrom(server.port, agent, APP, LOGIN)
    const kid = kidOf(access_token)
    assert.equal(await active(server.port, agent, access_token), true)
    const keys = async () =>
      JSON.parse((await command(server, ['keys', 'list', '--json'], env)).out).map(
        (key: { kid: string; state: string }) => [key.kid, key.state],
      )
    assert.deepEqual(await keys(), [[kid, 'signs']])
    const rotated = await command(server, ['keys', 'rotate'], env)
    assert.match(rotated.out, /next keys .* are published/)
    assert.match(rotated.err, /"event":"command_run","command":"keys rotate","by":"/)
    const list = (await command(server, ['keys', 'list'], env)).out
    const [, next = ''] = /^(\S+) +RS256 +published +\d{4}-.*Z +–$/m.exec(list) ?? []
    assert.ok(next, list)

    const revoked = await command(server, ['keys', 'revoke', kid], env)
    assert.match(revoked.out, /is revoked\. Running servers follow within 30 seconds/, revoked.err)
    assert.ok(revoked.err.includes(`"command":"keys revoke","by":`), revoked.err)
    assert.ok(revoked.err.includes(`"kid":"${kid}"`), revoked.err)
    assert.deepEqual(await keys(), [[next, 'signs']])
    // Whoever looks at the vault again, as a reload does for a store that is kept.
    const other = await served(t, CONFIG, {
      env: {
        ...(env.SQLITE_FILE && { SQLITE_FILE: join(server.folder, 'store.db') }),
        ...(env.SIGNING_KEYS_FILE && { SIGNING_KEYS_FILE: join(server.folder, 'keys.json') }),
      },
    })
    assert.equal(await active(other.port, agent, access_token), false)
    assert.equal(kidOf((await tokenFrom(other.port, agent, APP, LOGIN)).access_token), next)

    const again = await command(server, ['keys', 'revoke', kid], env)
    assert.deepEqual([again.code, again.err], [3, `postern: there is no key ${kid}; there are ${next}\n`])
    for (const words of [
      ['keys'],
      ['keys', 'revoke'],
      ['keys', 'list', 'all'],
      ['keys', 'burn'],
      ['keys', 'forget'],
    ])
      assert.equal((await command(server, words, env)).code, 2, words.join(' '))
  })

test('keys that live in the process only are out of reach', async (t) => {
  const server = await served(t, CONFIG)
  assert.match((await command(server, ['keys', 'list'], {})).err, /inside the running server/)
})

const folder = folderOfTests()
const stores: [string, () => Promise<Store>][] = [
  ['memory', async () => new MemoryStore()],
  ['sqlite', () => openSqlite(join(folder, 'keys.db'))],
]
for (const [name, open] of stores)
  test(`${name}: fifty who revoke one key at once leave one in its place`, async (t) => {
    const store = await open()
    t.after(() => store.close())
    const plan = { algorithms: ['ES256' as const], every: 0, keep: 3600 }
    const make = () =>
      new SigningKeys({
        vault: storeVault(store, new Keys([KEY])),
        plan: () => plan,
        now: () => Math.floor(Date.now() / 1000),
      })
    const [first] = await make().refresh()
    const nodes = Array.from({ length: 50 }, make)
    await Promise.all(nodes.map((node) => node.revoke(String(first?.kid))))
    const sets = await Promise.all(nodes.map((node) => node.refresh()))
    const kids = new Set(sets.map((set) => set.map(({ kid }) => kid).join()))
    assert.equal(kids.size, 1)
    assert.equal(sets[0]?.length, 1)
    assert.notEqual(sets[0]?.[0]?.kid, first?.kid)
  })

test('healthcheck: 0 where the server answers, else 1 and why', async (t) => {
  const server = await served(t, CONFIG)
  const env = { PORT: String(server.port) }
  assert.deepEqual(await command(server, ['healthcheck'], env), { code: 0, out: '', err: '' })
  // Whatever else is wrong.
  assert.equal(
    (await command(server, ['healthcheck'], { ...env, STORE: 'nonsense', CONFIG_FILE: 'none' })).code,
    0,
  )
  server.child.kill('SIGKILL')
  await server.until(() => server.child.exitCode !== null || server.child.signalCode !== null)
  const { code, err } = await command(server, ['healthcheck'], env)
  assert.deepEqual([code, /does not answer \(ECONNREFUSED\)/.test(err)], [1, true])
})
