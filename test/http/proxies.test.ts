import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { buildServer, KEY } from '../support/server.ts'

/** A server with a configuration, and what it warns of when requests come from `remoteAddress`. */
async function served(t: TestContext, env: Record<string, string> = {}) {
  const text = 'clients: [{client_id: a, redirect_uris: ["https://a.example/"]}]'
  const config = loadConfig({ CONFIG_FILE: 'c.yaml', SECRET_KEYS: KEY, ...env }, () => text)
  const lines: { level: string; msg: string; address?: string }[] = []
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line))
      done()
    },
  })
  const app = await createServer(config, { store: new MemoryStore(), log: createLogger('info', sink) })
  t.after(() => app.close())
  return async (remoteAddress: string, headers: Record<string, string>) => {
    lines.length = 0
    const url = new URL(config.issuer)
    const { statusCode } = await app.inject({
      url: '/login',
      remoteAddress,
      headers: { host: url.host, ...headers },
    })
    assert.ok(statusCode < 400, String(statusCode))
    return lines.filter(({ level }) => level === 'warn')
  }
}

test('headers of a proxy that TRUST_PROXY does not name are said once, with the address and what to set', async (t) => {
  const sent: Record<string, string>[] = [
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-host': 'other.example' },
  ]
  for (const headers of sent) {
    const ask = await served(t, { ISSUER: 'https://id.example' })
    assert.deepEqual(await ask('10.0.0.9', {}), [])
    const [line, ...more] = await ask('::ffff:10.0.0.9', headers)
    assert.deepEqual(more, [])
    assert.equal(line?.address, '10.0.0.9')
    assert.match(
      line?.msg ?? '',
      /come from 10\.0\.0\.9, which TRUST_PROXY does not name, so everybody behind it shares one counter.*TRUST_PROXY=10\.0\.0\.9$/,
    )
    // Once in a process, whoever sends it then.
    assert.deepEqual(await ask('10.0.0.8', headers), [])
  }
})

test('who tries with a name that no host has is no proxy, and does not take the place of one that comes later', async (t) => {
  const ask = await served(t, { ISSUER: 'https://id.example' })
  assert.deepEqual(await ask('10.0.0.9', { 'x-forwarded-host': 'doctor.invalid' }), [])
  const [line] = await ask('10.0.0.9', { 'x-forwarded-for': '203.0.113.7' })
  assert.match(line?.msg ?? '', /which TRUST_PROXY does not name/)
})

test('a proxy that is named is no news, also with its own address in the header; another one is', async (t) => {
  const ask = await served(t, { ISSUER: 'https://id.example', TRUST_PROXY: '10.0.0.1,uniquelocal' })
  const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'id.example' }
  for (const address of ['203.0.113.7', '10.0.0.1', '203.0.113.7, 10.0.0.2'])
    assert.deepEqual(await ask('10.0.0.1', { 'x-forwarded-for': address, ...proxied }), [])
  assert.deepEqual(await ask('10.0.0.1', proxied), [])
  const [line] = await ask('192.0.2.1', { 'x-forwarded-for': '203.0.113.7', ...proxied })
  assert.match(line?.msg ?? '', /come from 192\.0\.2\.1, which TRUST_PROXY does not name/)
})

test('https at the proxy with an http ISSUER is said once, whether the proxy is named or not', async (t) => {
  const proxied = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http, https' }
  const named = await served(t, { TRUST_PROXY: '10.0.0.1' })
  const [line, ...more] = await named('10.0.0.1', proxied)
  assert.deepEqual(more, [])
  assert.match(
    line?.msg ?? '',
    /^a proxy at 10\.0\.0\.1 serves https \(X-Forwarded-Proto\), but ISSUER is http:\/\/localhost:8000; set ISSUER to the https URL/,
  )
  assert.deepEqual(await named('10.0.0.1', proxied), [])
  const unnamed = await served(t)
  assert.equal((await unnamed('10.0.0.1', proxied)).length, 2)
  assert.deepEqual(await unnamed('10.0.0.1', proxied), [])
  const plain = await served(t, { TRUST_PROXY: '10.0.0.1' })
  assert.deepEqual(
    await plain('10.0.0.1', { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' }),
    [],
  )
})

test('the demo refuses proxies as before, without a word about TRUST_PROXY', async (t) => {
  const { app, log } = await buildServer(t)
  const headers = { host: 'localhost', 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
  assert.equal((await app.inject({ url: '/login', headers })).statusCode, 421)
  assert.ok(!log.some(({ msg }) => /TRUST_PROXY|ISSUER/.test(String(msg))))
})
