import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { decoyOf, matches } from '../../src/passwords/password-hash.ts'
import { freePort } from '../support/listen.ts'
import { KEY } from '../support/server.ts'
import { until } from '../support/until.ts'

const root = join(import.meta.dirname, '../..')
const start = join(root, 'src/start.js')
const cwd = mkdtempSync(join(tmpdir(), 'postern-'))

/** Runs the command line to its end. */
function run(
  arguments_: string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string } = {},
) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [start, ...arguments_],
      { cwd, ...options, env: { PATH: process.env.PATH, ...options.env } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    )
    child.stdin?.end(options.input ?? '')
  })
}

/** Starts the server; resolves when it listens. */
async function serve(env: Record<string, string> = {}) {
  const port = await freePort()
  const child = spawn(process.execPath, [start], {
    cwd,
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
  })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  await until(
    () => out.includes('is listening'),
    () => `is listening, in: ${out}`,
  )
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  return { port, child, exit, output: () => out }
}

test('the demo prints once what is running, and SIGTERM ends it with 0', async () => {
  const { port, child, exit, output } = await serve()
  const text = output()
  for (const part of [
    `http://localhost:${port}`,
    'test_client',
    'admin',
    '/oauth/authorize?client_id=test_client',
    'curl ',
    'memory',
  ]) {
    assert.equal(text.includes(part), true, part)
  }
  assert.equal(text.split('Postern, the demo').length, 2)
  assert.equal((await fetch(`http://localhost:${port}/healthz`)).status, 200)
  child.kill('SIGTERM')
  assert.equal(await exit, 0)
  const messages = [...output().matchAll(/"msg":"(.*?)"/g)].map(([, message]) => message)
  assert.deepEqual(messages.slice(-2), ['stopping', 'stopped'])
})

test('SIGTERM lets a request in flight finish, and does not wait for its connection then', async () => {
  const { port, child, exit, output } = await serve()
  const agent = new Agent({ keepAlive: true })
  const body = 'grant_type=refresh_token&refresh_token=x'
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const sent = request(
      {
        port,
        agent,
        host: '127.0.0.1',
        method: 'POST',
        path: '/oauth/tokenize',
        auth: 'test_client:password',
        headers: {
          host: 'localhost',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': body.length,
          // Answered when the server has read this far.
          expect: '100-continue',
        },
      },
      (response) => resolve(response.resume().statusCode),
    )
    sent.on('error', reject)
    sent.flushHeaders()
    sent.on('continue', async () => {
      sent.write(body.slice(0, 10))
      child.kill('SIGTERM')
      await until(() => output().includes('stopping'), 'stopping')
      sent.end(body.slice(10))
    })
  })
  assert.equal(await answer, 400)
  assert.equal(await exit, 0)
  assert.doesNotMatch(output(), /took longer/)
  agent.destroy()
})

test('SIGHUP to the demo is explained, and it goes on serving', async () => {
  const { port, child, exit, output } = await serve()
  child.kill('SIGHUP')
  await until(() => output().includes('no CONFIG_FILE'), 'an explanation')
  assert.match(output(), /"level":"error".*the demo has no CONFIG_FILE to read again/)
  assert.equal((await fetch(`http://localhost:${port}/healthz`)).status, 200)
  child.kill('SIGTERM')
  assert.equal(await exit, 0)
})

test('.env: its values hold where the environment has none; what is no assignment is named by its line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-env-'))
  const path = join(folder, '.env')
  writeFileSync(path, 'ISSUER=http://localhost:1\n')
  const from = async (env: Record<string, string> = {}) => run(['check-config'], { env, cwd: folder })
  assert.match((await from()).out, /issuer http:\/\/localhost:1,/)
  assert.match((await from({ ISSUER: 'http://localhost:2' })).out, /issuer http:\/\/localhost:2,/)
  writeFileSync(path, '# mine\n\nPORT: 8433\n')
  assert.equal((await from()).err, 'postern: .env, line 3: is no assignment; write NAME=value\n')
  rmSync(path)
  mkdirSync(path)
  assert.match((await from()).err, /^postern: \.env is a folder; Docker makes one .*\n$/)
})

test('a wrong variable stops the start with one line and 1', async () => {
  const { code, err } = await run([], { env: { PORT: 'x' } })
  assert.equal(code, 1)
  assert.match(err, /^postern: PORT is "x"; it must be a whole number from 1 to 65535\n$/)
})

test('a port in use is one line', async () => {
  const { port, child, exit } = await serve()
  const second = await run([], { env: { PORT: String(port) } })
  assert.match(second.err, /^postern: PORT is \d+, which is in use/)
  assert.equal(second.code, 1)
  // Also where a connection to a store would keep the process.
  const redis = { STORE: 'redis', REDIS_URL: 'redis://127.0.0.1:1', SECRET_KEYS: KEY }
  assert.equal((await run([], { env: { PORT: String(port), ...redis } })).code, 1)
  child.kill('SIGTERM')
  await exit
})

test('check-config says what is valid and what is left open, without starting', async () => {
  const path = join(cwd, 'valid.yaml')
  writeFileSync(
    path,
    'clients: [{client_id: web, client_secret: a secret for this test, redirect_uris: ["https://web.example/"]}]\nusers: []\n',
  )
  const good = await run(['check-config'], { env: { CONFIG_FILE: path, SECRET_KEYS: KEY } })
  assert.equal(good.code, 0)
  assert.match(good.out, /^The configuration is valid: issuer http:\/\/localhost:8000, 1 client, 0 users\.$/m)
  assert.match(good.out, /may leave out PKCE.*web/)
  const sector = `clients: [{client_id: web, redirect_uris: ["https://a.example:8443/"], subject_type: pairwise}]\nusers: []\n`
  writeFileSync(path, sector)
  const salted = { CONFIG_FILE: path, SECRET_KEYS: KEY, PAIRWISE_SALT: KEY }
  assert.match(
    (await run(['check-config'], { env: salted })).out,
    /^Notice: .*set sector.*\(web: a\.example:8443\)$/m,
  )
  const demo = await run(['check-config'])
  assert.match(demo.out, /valid: this is the demo, for CONFIG_FILE is not set: .*1 client, 1 user\.$/m)
  const nowhere = join(cwd, 'nowhere/keys.json')
  const lost = await run(['check-config'], { env: { SIGNING_KEYS_FILE: nowhere } })
  assert.equal(lost.code, 1)
  assert.match(
    lost.err,
    /^postern: SIGNING_KEYS_FILE is ".*keys\.json", which cannot be written: the folder .*nowhere does not exist; make it, or mount it\n$/,
  )
  const broken = join(cwd, 'broken-keys.json')
  writeFileSync(broken, '{')
  const unread = await run(['check-config'], { env: { SIGNING_KEYS_FILE: broken } })
  assert.match(unread.err, /^postern: SIGNING_KEYS_FILE is ".*broken-keys\.json", which is not JSON\n$/)
  writeFileSync(path, 'clients: [{client_id: web}]\nusers: []\n')
  const bad = await run(['check-config'], { env: { CONFIG_FILE: path, SECRET_KEYS: KEY } })
  assert.equal(bad.code, 1)
  assert.match(bad.err, /^postern: \S+valid\.yaml: \/clients\/0\/redirect_uris/)
})

test('hash-password hashes the composed form of what is typed (SP 800-63B-4 §3.1.1.2)', async () => {
  // 72 bytes composed, 108 decomposed.
  const input = `${'e\u0301'.repeat(36)}\n`
  for (const options of [[], ['--bcrypt']]) {
    const { out } = await run(['hash-password', ...options], { input })
    assert.equal(await matches('\u00e9'.repeat(36), out.trim()), true)
  }
})

test('check-config prints every setting that is not the default, never a secret, and the names that nothing reads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-check-'))
  const keys = join(folder, 'keys.json')
  const text = `PORT=9000\nLOG_LEVEL=info\nTRUST_PROXY=10.0.0.1, loopback\nREDIS_PASSWORD=hunter2hunter2\nFOO=bar\n`
  writeFileSync(join(folder, '.env'), text)
  const check = () =>
    run(['check-config'], { cwd: folder, env: { SECRET_KEYS: KEY, SIGNING_KEYS_FILE: keys, NODE_ENV: 'x' } })
  const { code, out } = await check()
  assert.equal(code, 0)
  assert.deepEqual(out.split('\n').slice(1), [
    '  PORT=9000',
    '  TRUST_PROXY=10.0.0.1,loopback',
    '  REDIS_PASSWORD=(set, not shown)',
    '  SECRET_KEYS=(set, not shown)',
    `  SIGNING_KEYS_FILE=${keys}`,
    'Notice: .env has names that nothing reads: FOO',
    '',
  ])
  assert.ok(!out.includes(KEY) && !out.includes('hunter2') && !out.includes('bar'))
  // File modes, as the start.
  assert.equal((await run(['rotate-keys'], { env: { SIGNING_KEYS_FILE: keys } })).code, 0)
  chmodSync(keys, 0o644)
  assert.match(
    (await check()).out,
    /^Notice: SIGNING_KEYS_FILE is .*mode 644 lets others read the private keys/m,
  )
  chmodSync(keys, 0o602)
  assert.match(
    (await check()).err,
    /^postern: SIGNING_KEYS_FILE is .*can be changed by everybody \(mode 602\)/,
  )
  chmodSync(keys, 0o600)
  chmodSync(join(folder, '.env'), 0o666)
  assert.match((await check()).err, /^postern: \.env can be changed by everybody \(mode 666\)/)
  writeFileSync(join(folder, '.env'), 'SECRET_KEY=x\n')
  chmodSync(join(folder, '.env'), 0o600)
  for (const command of ['check-config', 'serve', 'rotate-keys']) {
    const slip = await run([command], { cwd: folder, env: {} })
    assert.match(slip.err, /^postern: \.env sets SECRET_KEY, .*did you mean SECRET_KEYS\?/)
  }
})

test('hash-password prints a hash of standard input, of Argon2id or of bcrypt, and refuses what bcrypt would cut', async () => {
  const { code, out } = await run(['hash-password'], { input: `${'ä'.repeat(37)}\n` })
  assert.equal(code, 0)
  assert.match(out, /^\$argon2id\$v=19\$\S+\n$/)
  assert.ok(await matches('ä'.repeat(37), out.trim()))
  const old = await run(['hash-password', '--bcrypt'], { input: 'correct horse\n' })
  assert.ok(await bcrypt.compare('correct horse', old.out.trim()))
  const long = await run(['hash-password', '--bcrypt'], { input: `${'ä'.repeat(37)}\n` })
  assert.equal(long.code, 1)
  assert.match(long.err, /74 bytes; bcrypt takes 72 /)
  for (const input of ['', '\n']) {
    const empty = await run(['hash-password'], { input })
    assert.equal(empty.code, 1)
    assert.match(
      empty.err,
      /^postern: the password is empty: .*docker run --rm -it postern hash-password\. Or pipe it/,
    )
  }
  assert.match(
    (await run(['hash-password', '--bcrypt'], { input: 'a\0b\n' })).err,
    /^postern: the password has a NUL character/,
  )
})

test('a Node without Argon2: hash-password and check-config say what helps, and bcrypt goes on', async () => {
  const preload = join(mkdtempSync(join(tmpdir(), 'postern-old-')), 'preload.mjs')
  // What Node does if its OpenSSL has none.
  writeFileSync(
    preload,
    `import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
crypto.argon2 = crypto.argon2Sync = () => { throw Object.assign(new Error('Argon2 algorithm not supported'), { code: 'ERR_CRYPTO_ARGON2_NOT_SUPPORTED' }) }
syncBuiltinESMExports()
`,
  )
  const env = { NODE_OPTIONS: `--import=${preload}` }
  const { code, out, err } = await run(['hash-password'], { input: 'correct horse\n', env })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^postern: the OpenSSL of this Node has no Argon2 .*: --bcrypt$/m)
  const old = await run(['hash-password', '--bcrypt'], { input: 'correct horse\n', env })
  assert.ok(await bcrypt.compare('correct horse', old.out.trim()))
  const CONFIG_FILE = join(mkdtempSync(join(tmpdir(), 'postern-old-')), 'c.yaml')
  const check = (password_hash: string) => {
    const text = `clients: [{ client_id: a, redirect_uris: ["https://a.example/"] }]\nusers: [{ username: ada, sub: a, password_hash: "${password_hash}" }]\n`
    writeFileSync(CONFIG_FILE, text, { mode: 0o600 })
    return run(['check-config'], { env: { ...env, CONFIG_FILE, SECRET_KEYS: KEY } })
  }
  const refused = await check(decoyOf('argon2id-64-1-1'))
  assert.equal(refused.code, 1)
  assert.match(
    refused.err,
    /\/users\/0\/password_hash \(user ada\): is a hash of Argon2id, and the OpenSSL of this Node/,
  )
  assert.equal((await check(decoyOf('bcrypt-10'))).code, 0)
})

test('nothing that the start runs lies in the temporary folder, where others could put code', async () => {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'postern-tmp-'))
  assert.equal((await run(['check-config'], { env: { TMPDIR } })).code, 0)
  assert.deepEqual(readdirSync(TMPDIR), [])
  assert.notEqual(readdirSync(join(root, 'node_modules/.cache/postern')).length, 0)
})

test('version and help, with and without dashes; the line of the start has the version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const command of ['version', '--version']) assert.equal((await run([command])).out, `${version}\n`)
  for (const command of ['help', '--help']) {
    const { code, out } = await run([command])
    assert.equal(code, 0)
    for (const name of ['serve', 'check-config', 'rotate-keys', 'hash-password', version])
      assert.ok(out.includes(name), name)
  }
  const { child, exit, output } = await serve()
  assert.ok(output().includes(`"version":"${version}"`))
  child.kill('SIGTERM')
  await exit
})

test('an unknown command names the known ones', async () => {
  const { code, err } = await run(['serv'])
  assert.equal(code, 2)
  assert.match(err, /did you mean serve\?|serve, check-config/)
})

test('rotate-keys: explains memory, rotates a file, once until the next keys sign', async () => {
  const memory = await run(['rotate-keys'])
  assert.equal(memory.code, 1)
  assert.match(memory.err, /SIGNING_KEYS_FILE is not set/)
  const path = join(cwd, 'rotated-keys.json')
  const env = { SIGNING_KEYS_FILE: path, SECRET_KEYS: KEY }
  const kids = () => JSON.parse(readFileSync(path, 'utf8')).keys.length
  const first = await run(['rotate-keys'], { env })
  assert.equal(first.code, 0, first.err)
  assert.match(first.out, /RS256.* sign from 20\d\d-/)
  assert.equal(kids(), 2)
  assert.equal((await run(['rotate-keys'], { env })).out, first.out)
  assert.equal(kids(), 2)
})

test('rotate-keys: a store that does not answer is one line, not a stack', async () => {
  const env = {
    STORE: 'redis',
    REDIS_URL: 'redis://127.0.0.1:1',
    SECRET_KEYS: KEY,
    ISSUER: 'https://id.example',
  }
  const { code, err } = await run(['rotate-keys'], { env })
  assert.equal(code, 1)
  assert.match(
    err,
    /^postern: the store does not answer \(nothing listens where Redis should; check .*\); nothing was changed\n$/,
  )
})
