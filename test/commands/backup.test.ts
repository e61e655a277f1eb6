import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { hashSync } from 'bcrypt'
import { type Served, served, tokenFrom } from '../support/served.ts'
import { KEY } from '../support/server.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const PASSWORD = 'a password for these tests'
const SECRET = 'a secret for the tests of copies'
const APP = ['app', SECRET] as const
const CONFIG = `
clients: [{ client_id: app, client_secret: ${SECRET}, grant_types: [password, refresh_token], scope: openid }]
users: [{ username: ada, sub: u-1, password_hash: "${hashSync(PASSWORD, 4)}" }]
`
const LOGIN = { grant_type: 'password', username: 'ada', password: PASSWORD, scope: 'openid' }

interface Ran {
  code: number
  out: string
  err: string
}

/** A server on a file in its folder, with keys of its own making. */
async function running(t: TestContext): Promise<Served & { file: string; agent: Agent }> {
  const server = await served(t, CONFIG, { env: { SECRET_KEYS: '', SQLITE_FILE: 'store.db' } })
  const agent = new Agent({ keepAlive: false })
  return { ...server, file: join(server.folder, 'store.db'), agent }
}

/** A command of the command line, in the server's folder. */
function command({ folder }: Served, words: string[], env: Record<string, string> = {}): Promise<Ran> {
  const own = { PATH: process.env.PATH, CONFIG_FILE: 'postern.yaml', SQLITE_FILE: 'store.db', ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [start, ...words], { cwd: folder, env: own }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

async function stop({ child }: Served): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
}

const refresh = (port: number, agent: Agent, refresh_token: string) =>
  tokenFrom(port, agent, APP, { grant_type: 'refresh_token', refresh_token })

/** The same folder, served again. */
async function again(t: TestContext, server: Served): Promise<Served> {
  const next = await served(t, CONFIG, {
    env: { SECRET_KEYS: '', SQLITE_FILE: join(server.folder, 'store.db') },
  })
  return { ...next, folder: server.folder }
}

test('a copy while the server runs, tried, and put back into an empty folder: everything is there', async (t) => {
  const server = await running(t)
  const { port, agent, folder, file } = server
  const { refresh_token } = await tokenFrom(port, agent, APP, LOGIN)
  const made = await command(server, ['backup', 'copy.db'])
  assert.equal(made.code, 0, made.err)
  assert.match(made.err, /^\{.*"event":"command_run","command":"backup","by":"/)
  assert.match(
    made.out,
    /^Copied to copy\.db: (1 activity, )?1 grant, 1 signing keys\.\n.*copy\.db\.secret-keys/,
  )
  for (const name of ['copy.db', 'copy.db.secret-keys'])
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  const before = readdirSync(folder)
  const tried = await command(server, ['restore', '--check', 'copy.db'])
  assert.match(tried.out, /\d records were read, the signing keys open, and a login works/, tried.err)
  assert.equal(tried.err, '', 'a trial changes nothing')
  assert.deepEqual(readdirSync(folder), before)

  await stop(server)
  for (const name of [file, join(folder, 'secret-keys')]) rmSync(name)
  const restored = await command(server, ['restore', '--keep-sessions', 'copy.db'])
  assert.match(restored.out, /Sessions and grants are as in the copy/, restored.err)
  const next = await again(t, server)
  assert.equal((await refresh(next.port, agent, refresh_token)).status, 200)
})

test('a restore ends what was given, keeps the file of before, and does not revive what was revoked', async (t) => {
  const server = await running(t)
  const { agent, file, folder } = server
  const { refresh_token } = await tokenFrom(server.port, agent, APP, LOGIN)
  assert.equal((await command(server, ['backup', 'copy.db'])).code, 0)
  await tokenFrom(server.port, agent, APP, { grant_type: 'refresh_token', refresh_token })
  const size = statSync(file).size
  const refused = await command(server, ['restore', 'copy.db'])
  assert.deepEqual([refused.code, /store\.db is in use .*stop the server first/.test(refused.err)], [1, true])
  assert.equal(statSync(file).size, size)

  await stop(server)
  const restored = await command(server, ['restore', 'copy.db'])
  assert.match(restored.out, /1 sessions and grants ended: everybody logs in again/)
  assert.match(restored.err, /"command":"restore"/)
  assert.equal(readdirSync(folder).filter((name) => name.startsWith('store.db.before-')).length, 1)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const next = await again(t, server)
  assert.equal((await refresh(next.port, agent, refresh_token)).error, 'invalid_grant')
  assert.equal((await tokenFrom(next.port, agent, APP, LOGIN)).status, 200)
})

test('what is no good copy is refused, and nothing is changed', async (t) => {
  const server = await running(t)
  const { file, folder } = server
  assert.equal((await command(server, ['backup', 'copy.db'])).code, 0)
  await stop(server)
  const kept = readFileSync(file)
  const path = (name: string) => join(folder, name)
  writeFileSync(path('letter'), 'Dear Sir or Madam, '.repeat(500))
  writeFileSync(path('torn'), readFileSync(path('copy.db')))
  truncateSync(path('torn'), 9000)
  const refusals: [string[], RegExp][] = [
    [['backup', 'copy.db'], /copy\.db exists already; name another file/],
    [['backup', 'nowhere/copy.db'], /cannot be made \(ENOENT\)/],
    [['restore', 'nothing'], /there is no file nothing/],
    [['restore', 'letter'], /letter cannot be read/],
    [['restore', 'torn'], /torn (is damaged|cannot be read)/],
    [['restore', 'postern.yaml'], /cannot be read/],
  ]
  for (const [words, why] of refusals) {
    const { code, err } = await command(server, words)
    assert.equal(code, 1, words.join(' '))
    assert.match(err, why)
    assert.ok(!err.includes('command_run'), 'nothing was changed')
  }
  for (const words of [['backup'], ['restore'], ['restore', '--force', 'copy.db']])
    assert.equal((await command(server, words)).code, 2, words.join(' '))
  // Keys of somebody else.
  const other = 'V3sYb0x9dQkq2m7cR8tLwZ1nF4gH6jKpE5uA0iXoTyM='
  writeFileSync(path('secret-keys'), `${other}\n`)
  assert.match(
    (await command(server, ['restore', 'copy.db'])).err,
    /has other keys than copy\.db\.secret-keys/,
  )
  renameSync(path('copy.db.secret-keys'), path('keys'))
  assert.match(
    (await command(server, ['restore', '--check', 'copy.db'])).err,
    /no key that opens the signing keys/,
  )
  assert.deepEqual(readFileSync(file), kept)
  assert.ok(!readdirSync(folder).some((name) => /before-|restoring/.test(name)))
  assert.ok(existsSync(path('copy.db')))
})

test('a restore over what is damaged, over what was left beside a lost file, and from the store itself', async (t) => {
  const server = await running(t)
  const { agent, file, folder } = server
  assert.equal((await command(server, ['backup', 'copy.db'])).code, 0)
  await tokenFrom(server.port, agent, APP, LOGIN)
  // As after a kill: with what was not taken into the file.
  const log = readFileSync(`${file}-wal`)
  assert.ok(log.length > 0)
  await stop(server)
  const itself = await command(server, ['restore', 'store.db'])
  assert.match(itself.err, /store\.db is the store itself; name a copy of it/)

  const kept = readFileSync(file)
  writeFileSync(file, 'flipped'.repeat(1000))
  const refused = await command(server, ['restore', 'copy.db'])
  assert.match(refused.err, /store\.db is damaged \(.*stop the server, move it away \(mv store\.db/)
  writeFileSync(file, kept)
  assert.ok(!readdirSync(folder).some((name) => /before-|restoring/.test(name)), 'nothing was changed')

  rmSync(file)
  writeFileSync(`${file}-wal`, log)
  const restored = await command(server, ['restore', '--keep-sessions', 'copy.db'])
  assert.equal(restored.code, 0, restored.err)
  const aside = readdirSync(folder).filter((name) => /before-.*-wal$/.test(name))
  assert.equal(aside.length, 1, 'it is kept')
  const found = new DatabaseSync(file, { readOnly: true })
  const grants = found.prepare("SELECT count(*) AS n FROM record WHERE kind = 'grant'").get()?.n
  assert.equal(grants, 0, 'a login after the copy is not in it')
  found.close()
})

test('a store without a file of its own says so', async (t) => {
  const server = await running(t)
  const { code, err } = await command(server, ['backup', 'copy.db'], { STORE: 'memory', SECRET_KEYS: KEY })
  assert.equal(code, 1)
  assert.match(err, /STORE is memory, which keeps nothing in a file of its own/)
})
