import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hashSync } from 'bcrypt'
import { runs } from '../support/runs.ts'
import { type Served, served, tokenFrom } from '../support/served.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const SECRET = 'a secret for the tests of reloading'
const OTHER = 'another secret for these tests'
const PASSWORD = 'a password for these tests'
const OTHER_KEY = 'c0Zb1Yx9dQkq2m7cR8tLwV3nF4gH6jKpE5uA0iXoTyM='
const SVC = `{ client_id: svc, client_secret: ${SECRET}, grant_types: [client_credentials], scope: a b }`
const APP = `{ client_id: app, client_secret: ${SECRET}, grant_types: [password, refresh_token], scope: openid groups }`
const ADA = `{ username: ada, sub: u-1, password_hash: "${hashSync(PASSWORD, 4)}", groups: [staff] }`

const file = (clients: string[], users: string[] = []) =>
  `clients: [${clients.join(', ')}]\nusers: [${users.join(', ')}]\n`

const APPLIED = 'the configuration is applied'
const said = (lines: Record<string, unknown>[], msg: string) => lines.filter((line) => line.msg === msg)

function keepAlive(t: TestContext, maxSockets = 1): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets })
  t.after(() => agent.destroy())
  return agent
}

/** Writes another configuration and sends SIGHUP; resolves with the line that says what came of it. */
async function change(server: Served, config: string, msg = APPLIED): Promise<Record<string, unknown>> {
  const before = said(server.lines(), msg).length
  writeFileSync(server.configFile, config)
  server.child.kill('SIGHUP')
  await server.until((lines) => said(lines, msg).length > before)
  return said(server.lines(), msg).at(-1) ?? {}
}

test('SIGHUP to one process applies the file: who was logged in stays, what changed is named, no secret is', async (t) => {
  const server = await served(t, file([SVC, APP], [ADA]))
  const { port } = server
  const agent = keepAlive(t)
  const login = { grant_type: 'password', username: 'ada', password: PASSWORD, scope: 'openid groups' }
  const first = await tokenFrom(port, agent, ['app', SECRET], login)
  assert.equal(first.status, 200)
  const keys = async () => (await fetch(`http://localhost:${port}/oauth/jwks`)).json()
  const published = await keys()

  const wiki = `{ client_id: wiki, client_secret: ${OTHER}, grant_types: [client_credentials] }`
  const line = await change(
    server,
    file(
      [SVC.replace(SECRET, OTHER), wiki, APP.replace('}', ', access_token_ttl: 77 }')],
      [ADA.replace('staff', 'admins')],
    ),
  )
  assert.equal(line.clients, 'changed: svc (client_secret), app (access_token_ttl); new: wiki')
  assert.equal(line.users, 'changed: ada (groups)')
  assert.ok(!JSON.stringify(server.lines()).includes(OTHER))
  assert.equal((await tokenFrom(port, agent, ['svc', SECRET])).status, 401)
  assert.equal((await tokenFrom(port, agent, ['svc', OTHER])).status, 200)
  assert.equal((await tokenFrom(port, agent, ['wiki', OTHER])).status, 200)
  const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
  const { status, expires_in, id_token } = await tokenFrom(port, agent, ['app', SECRET], form)
  assert.deepEqual([status, expires_in], [200, 77])
  assert.deepEqual(JSON.parse(Buffer.from(id_token.split('.')[1], 'base64url').toString()).groups, ['admins'])
  assert.deepEqual(await keys(), published)
})

test('what is wrong changes nothing, and the log says why; what is right afterwards counts', async (t) => {
  const server = await served(t, file([SVC]))
  const { port } = server
  const agent = keepAlive(t)
  const refused = 'the configuration was not applied; the one before goes on'
  for (const [wrong, why] of [
    ['clients: 3', /\/clients must be a list/],
    [file([SVC, SVC]), /listed twice/],
    [file([SVC.replace('scope', 'scopee')]), /unknown name scopee/],
    ['clients: [', /line/],
  ] as const) {
    assert.match(String((await change(server, wrong, refused)).detail), why)
    assert.equal((await tokenFrom(port, agent, ['svc', SECRET])).status, 200)
  }
  await change(server, file([SVC.replace('a b', 'a')]))
  assert.equal((await tokenFrom(port, agent, ['svc', SECRET])).scope, 'a')
})

test('.env is read again; what belongs to the process stays as it is, and is named', async (t) => {
  const server = await served(t, file([SVC]), { dotEnv: 'ACCESS_TOKEN_TTL=100\n' })
  const { port, envFile, configFile } = server
  const agent = keepAlive(t)
  const lives = async () => (await tokenFrom(port, agent, ['svc', SECRET])).expires_in
  assert.equal(await lives(), 100)
  writeFileSync(envFile, 'ACCESS_TOKEN_TTL=200\nLOG_LEVEL=debug\nREDIS_PREFIX=x:\nHOST=127.0.0.9\n')
  const line = await change(server, file([SVC]))
  assert.equal(line.variables, 'ACCESS_TOKEN_TTL, LOG_LEVEL')
  assert.equal(await lives(), 200)
  const restart = server.lines().filter(({ msg }) => /need a restart/.test(String(msg)))
  assert.deepEqual(
    restart.map(({ msg }) => msg),
    ['these variables need a restart, and are as before: HOST, REDIS_PREFIX'],
  )
  // A store or a number of processes that cannot be had any more is wrong as a whole.
  writeFileSync(envFile, 'WORKERS=4\n')
  await change(server, file([SVC]), 'the configuration was not applied; the one before goes on')
  assert.equal(await lives(), 200)
  assert.ok(configFile)
})

test('CONFIG_WATCH: another file in its place is applied, also behind links; one that is written in place is not', async (t) => {
  const server = await served(t, file([SVC]), { env: { CONFIG_WATCH: 'true' } })
  const { port, configFile, folder } = server
  const agent = keepAlive(t)
  const scope = async () => (await tokenFrom(port, agent, ['svc', SECRET])).scope
  const applied = (count: number) => server.until((lines) => said(lines, APPLIED).length === count)
  writeFileSync(`${configFile}.new`, file([SVC.replace('a b', 'b')]))
  renameSync(`${configFile}.new`, configFile)
  await applied(1)
  assert.equal(await scope(), 'b')
  // Valid, and half of what is meant.
  writeFileSync(configFile, file([SVC.replace('a b', 'a')]))
  await server.until((lines) => lines.some(({ msg }) => /written in place/.test(String(msg))))
  assert.equal(await scope(), 'b')
  // As Kubernetes does it: the file is a link into ..data, a link to a folder that is replaced whole.
  const project = (name: string, scopes: string) => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'postern.yaml'), file([SVC.replace('a b', scopes)]))
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  project('..first', 'a')
  symlinkSync(join('..data', 'postern.yaml'), `${configFile}.link`)
  renameSync(`${configFile}.link`, configFile)
  await applied(2)
  assert.equal(await scope(), 'a')
  project('..second', 'a b')
  await applied(3)
  assert.equal(await scope(), 'a b')
})

test('under load no request is lost', async (t) => {
  const requests = runs(5000)
  const server = await served(t, file([SVC]))
  const { port, child, configFile } = server
  const agent = keepAlive(t, 16)
  const answers = new Map<number, number>()
  const seen = new Set<number>()
  let begun = 0
  let reloads = 0
  let loading = true
  const load = Promise.all(
    Array.from({ length: 16 }, async () => {
      while (begun < requests) {
        begun++
        const { status, expires_in } = await tokenFrom(port, agent, ['svc', SECRET])
        answers.set(status, (answers.get(status) ?? 0) + 1)
        seen.add(expires_in)
      }
    }),
  ).finally(() => {
    loading = false
  })
  const reloading = (async () => {
    while (loading) {
      const ttl = 100 + ++reloads
      writeFileSync(configFile, file([SVC.replace('}', `, access_token_ttl: ${ttl} }`)]))
      child.kill('SIGHUP')
      await until(() => seen.has(ttl) || !loading, 'a token of the new configuration')
    }
  })()
  await Promise.all([load, reloading])
  assert.deepEqual([...answers], [[200, requests]])
  assert.ok(reloads > 2, `${reloads} reloads`)
  t.diagnostic(`${requests} requests, ${reloads} reloads, none lost`)
})

test('SIGTERM after a reload lets a request in flight finish', async (t) => {
  const server = await served(t, file([SVC]))
  await change(server, file([SVC.replace('a b', 'a')]))
  const { child, port } = server
  const exit = once(child, 'exit')
  const body = 'grant_type=client_credentials'
  const headers = {
    authorization: `Basic ${btoa(`svc:${SECRET}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': body.length,
    expect: '100-continue',
  }
  const call = request({ port, method: 'POST', path: '/oauth/tokenize', headers })
  call.flushHeaders()
  await once(call, 'continue')
  call.write(body.slice(0, 10))
  child.kill('SIGTERM')
  await server.until((lines) => said(lines, 'stopping').length === 1)
  call.end(body.slice(10))
  const [response] = await once(call, 'response')
  response.resume()
  assert.equal(response.statusCode, 200)
  assert.deepEqual(await exit, [0, null])
})

test('SECRET_KEYS that do not open what the process keeps are not applied', async (t) => {
  const keysFile = join(folderOfTests(), 'keys')
  writeFileSync(keysFile, KEY)
  const env = { SECRET_KEYS: '', SECRET_KEYS_FILE: keysFile }
  const server = await served(t, file([APP], [ADA]), { env })
  const agent = keepAlive(t)
  const login = { grant_type: 'password', username: 'ada', password: PASSWORD, scope: 'openid' }
  const status = async () => (await tokenFrom(server.port, agent, ['app', SECRET], login)).status
  assert.equal(await status(), 200)
  writeFileSync(keysFile, OTHER_KEY)
  const refused = await change(
    server,
    file([APP], [ADA]),
    'the configuration was not applied; the one before goes on',
  )
  assert.match(String(refused.detail), /no key that opens the signing keys/)
  assert.equal(await status(), 200)
  writeFileSync(keysFile, `${OTHER_KEY},${KEY}`)
  await change(server, file([APP], [ADA]))
  assert.equal(await status(), 200)
})

test('a value that became a name, for want of a space, is not said', async (t) => {
  const server = await served(t, file([SVC]))
  const wrong = `clients: [{ client_id: svc, client_secret:${SECRET.replaceAll(' ', '-')} }]`
  const refused = await change(server, wrong, 'the configuration was not applied; the one before goes on')
  assert.match(String(refused.detail), /has the unknown name client_secret…/)
  assert.ok(!JSON.stringify(server.lines()).includes(SECRET.replaceAll(' ', '-')))
})
