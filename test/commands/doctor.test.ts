import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { commandBeside, type Ran } from '../support/command-line.ts'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { served } from '../support/served.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { certificateFor, type ProxyWays, tlsProxy } from '../support/tls-proxy.ts'

const SECRET = 'f3b1c05a9e7d42688f10b7c39ad6e5142c7790bb61ed4f08'
const CONFIG = `clients: [{ client_id: app, client_secret: ${SECRET}, grant_types: [client_credentials] }]\n`

interface Finding {
  state: 'ok' | 'note' | 'bad'
  what: string
  fix?: string
}

const findings = (ran: Ran): Finding[] => ran.json()
const bad = (ran: Ran) => findings(ran).filter(({ state }) => state === 'bad')

/** Fails unless something of this state is found, with this way to mend it. */
function has(ran: Ran, state: Finding['state'], what: RegExp, fix?: RegExp) {
  const found = findings(ran).find((one) => one.state === state && what.test(one.what))
  assert.ok(found, `${what} in ${ran.out}${ran.err}`)
  if (fix !== undefined) assert.match(found.fix ?? '', fix)
  assert.equal(ran.status, bad(ran).length > 0 ? 1 : 0)
}

test('it makes nothing: before the first start no store, no keys, and the first start works', async (t) => {
  const folder = folderOfTests()
  const file = join(folder, 'store.db')
  const env = { SQLITE_FILE: file, PORT: String(await freePort()), STORE: 'sqlite' }
  const ran = await commandBeside(env, folder)(['doctor', '--json'])
  has(ran, 'note', /there is no store yet, no file .*store\.db/, /the first start makes it/)
  has(ran, 'bad', /does not answer \(ECONNREFUSED\)/, /start the server/)
  assert.deepEqual(readdirSync(folder), [])

  const server = await served(t, CONFIG, { env: { SQLITE_FILE: file, STORE: 'sqlite', SECRET_KEYS: '' } })
  const before = readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name))
  const again = await commandBeside({ ...env, PORT: String(server.port) }, folder)(['doctor', '--json'])
  assert.deepEqual(bad(again), [])
  has(again, 'ok', /answers, and takes writes/)
  assert.ok(!server.lines().some(({ msg }) => /X-Forwarded/.test(String(msg))), 'it is taken for no proxy')
  has(again, 'ok', /SECRET_KEYS are in .*secret-keys/)
  assert.deepEqual(
    readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name)),
    before,
  )
  // Without the keys beside it, or with others, it says so and leaves the store as it is.
  const other = { ...env, PORT: String(server.port), SECRET_KEYS: KEY }
  await fetch(`http://localhost:${server.port}/oauth/jwks`)
  has(
    await commandBeside(other, folder)(['doctor', '--json']),
    'bad',
    /SECRET_KEYS has no key that opens the signing keys/,
  )
  has(
    await commandBeside({ ...env, PORT: String(server.port) }, folder)(['doctor', '--json']),
    'ok',
    /RS256 is signed with the key .*, for 0 days/,
  )
  const nowhere = { ...env, SQLITE_FILE: join(folder, 'none', 'store.db') }
  has(
    await commandBeside(nowhere, folder)(['doctor', '--json']),
    'bad',
    /folder of the store, .*none, does not/,
    /mkdir/,
  )
})

/** A server behind a proxy with TLS, and the doctor of both. */
async function behindProxy(t: TestContext, { days = 300, trusted = 'loopback' } = {}) {
  const listen = await freePort()
  const issuer = `https://localhost:${listen}`
  const env = { ISSUER: issuer, TRUST_PROXY: trusted, STORE: 'sqlite', SQLITE_FILE: 'store.db' }
  const server = await served(t, CONFIG, { env })
  const certificate = certificateFor(t, 'localhost', days)
  const good: ProxyWays = {
    pass: (headers) => ({
      ...headers,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': headers.host,
    }),
  }
  let ways = good
  await tlsProxy(t, certificate, { listen, port: server.port, ways: () => ways })
  const own = { ...env, CONFIG_FILE: server.configFile, PORT: String(server.port), SECRET_KEYS: KEY }
  const doctor = (other: Partial<ProxyWays> = {}, extra: Record<string, string> = {}) => {
    ways = { ...good, ...other }
    const believed = { NODE_EXTRA_CA_CERTS: certificate.file }
    return commandBeside({ ...own, ...believed, ...extra }, server.folder)(['doctor', '--json'])
  }
  return { doctor, issuer, server }
}

test('behind a proxy: well as it should be, and each thing that proxies do wrong is found', async (t) => {
  const { doctor, issuer, server } = await behindProxy(t)
  const well = await doctor()
  assert.deepEqual(bad(well), [])
  has(well, 'ok', /certificate of localhost is good for (29\d|300) days/)
  has(well, 'ok', /says that it is the issuer/)
  has(well, 'ok', /its key set can be read/)
  has(well, 'ok', /X-Forwarded-Host of whoever asks is not believed/)
  assert.ok(!well.out.includes(SECRET) && !well.out.includes(KEY))

  const host = `127.0.0.1:${server.port}`
  const changed = await doctor({ pass: ({ host: _, ...headers }) => ({ ...headers, host }) })
  has(changed, 'bad', /under another host name/, /pass Host on/)
  const forged = await doctor({ pass: (headers) => headers })
  has(forged, 'bad', /X-Forwarded-Host is believed/, /set X-Forwarded-For, -Proto and -Host itself/)
  const some = await doctor({ passes: (path) => path !== '/oauth/jwks' })
  has(some, 'bad', /oauth\/jwks answers 404 and no key set/, /pass every path/)
  const none = await doctor({ passes: () => false })
  has(
    none,
    'bad',
    /answers 404; is this the issuer\?/,
    /server of this machine answers, so it is what lies between/,
  )
  const late = await doctor({ answer: { date: new Date(Date.now() - 600_000).toUTCString() } })
  has(late, 'bad', /clocks .* differ by \d{3,} seconds/, /NTP/)
  const unbelieved = await doctor({}, { NODE_EXTRA_CA_CERTS: '' })
  has(unbelieved, 'bad', /certificate of localhost is not believed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
  const elsewhere = await doctor({}, { ISSUER: `${issuer}/other` })
  has(elsewhere, 'bad', /\/other\/\.well-known\/openid-configuration answers 404/)
  const plain = await doctor({}, { ISSUER: `https://localhost:${server.port}` })
  has(plain, 'bad', /speaks no TLS/)
})

test('a certificate that ends soon, and a proxy that TRUST_PROXY does not name', async (t) => {
  const { doctor } = await behindProxy(t, { days: 9, trusted: '' })
  const ran = await doctor()
  has(ran, 'bad', /ends in [89] days/, /renew it/)
  // What is not believed cannot be forged.
  has(ran, 'ok', /is not believed/)
})

test('the age of the keys, and secrets that are weak, shared or those of the server', async () => {
  const folder = folderOfTests()
  const day = 86_400
  const now = Math.floor(Date.now() / 1000)
  const { generateKeyPair, exportJWK } = await import('jose')
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'k', alg: 'RS256' }
  const write = (signs_from?: number) =>
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [{ ...key, signs_from }] }), {
      mode: 0o600,
    })
  const yaml = join(folder, 'postern.yaml')
  const env = {
    CONFIG_FILE: yaml,
    SECRET_KEYS: KEY,
    SIGNING_KEYS_FILE: 'keys.json',
    PORT: String(await freePort()),
  }
  const run = (extra = {}) => commandBeside({ ...env, ...extra }, folder)(['doctor', '--json'])
  const client = (id: string, secret: string) =>
    `  - { client_id: ${id}, client_secret: ${secret}, grant_types: [client_credentials] }\n`
  writeFileSync(
    yaml,
    `clients:\n${client('one', SECRET)}${client('two', SECRET)}${client('three', 'short-but-long-enough')}${client('four', KEY)}`,
  )
  write(now - 100 * day)
  const old = await run()
  has(old, 'bad', /RS256 is signed with the key k, for 100 days, although KEY_ROTATION is 90/, /keys rotate/)
  has(old, 'bad', /the clients one and two have the same secret/)
  has(old, 'bad', /a secret of the client four is one of SECRET_KEYS/)
  has(old, 'note', /a secret of the client three has 21 characters/, /openssl rand/)
  for (const secret of [SECRET, KEY, String(key.d)]) assert.ok(!`${old.out}${old.err}`.includes(secret))
  write(now - 400 * day)
  has(await run({ KEY_ROTATION: '0' }), 'note', /for 400 days, and KEY_ROTATION is 0/)
  write(now - 80 * day)
  has(await run(), 'ok', /for 80 days/)
  write()
  has(await run(), 'ok', /of your own making/)
  writeFileSync(join(folder, 'keys.json'), 'none')
  has(await run(), 'bad', /keys\.json/)
})

test('Redis: what would lose logins is found, with the setting that helps; one that is down is said to be', async (t) => {
  const redis = await RedisServer.start('--appendonly', 'yes')
  t.after(() => redis.remove())
  const server = await served(t, CONFIG, { env: { STORE: 'redis', REDIS_URL: redis.url } })
  const env = { CONFIG_FILE: server.configFile, SECRET_KEYS: KEY, PORT: String(server.port), STORE: 'redis' }
  const run = (REDIS_URL = redis.url) =>
    commandBeside({ ...env, REDIS_URL }, server.folder)(['doctor', '--json'])
  const well = await run()
  assert.deepEqual(bad(well), [])
  has(well, 'ok', /the store redis answers/)
  redis.cli('CONFIG', 'SET', 'maxmemory', '100mb')
  redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  has(await run(), 'bad', /would evict living tokens/, /^set maxmemory-policy noeviction$/)
  redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  redis.cli('CONFIG', 'SET', 'appendonly', 'no')
  const forgetful = await run()
  has(forgetful, 'bad', /no append-only file/, /^set appendonly yes$/)
  assert.equal(bad(forgetful).length, 1)
  has(await run('redis://127.0.0.1:1'), 'bad', /nothing listens where Redis should/, /check the host/)
})

test('the demo: what it is, and nothing of its public secret', async (t) => {
  const { port } = await served(t, '', { env: { CONFIG_FILE: '', SECRET_KEYS: '' } })
  const ran = await commandBeside({ PORT: String(port) }, folderOfTests())(['doctor', '--json'])
  has(ran, 'note', /this is the demo/)
  has(ran, 'note', /STORE is memory/)
  assert.deepEqual(bad(ran), [])
})
