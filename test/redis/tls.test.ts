import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clientServer, freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis, redisStore } from '../support/redis-store.ts'
import { until } from '../support/until.ts'

/** A Redis that speaks TLS only, with a certificate that is its own authority. */
async function tlsRedis(t: TestContext, clients: 'anybody' | 'with a certificate') {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', key, '-out', certificate]
  const make = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ]
  execFileSync('openssl', [...make, ...files, ...subject], { stdio: 'ignore' })
  const port = await freePort()
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key]
  const asked = clients === 'anybody' ? 'no' : 'yes'
  const redis = await RedisServer.start(
    ...tls,
    '--tls-ca-cert-file',
    certificate,
    '--tls-auth-clients',
    asked,
  )
  t.after(() => redis.remove())
  return { redis, port, certificate }
}

/** The first error that a store in this Redis reports. */
async function firstError(url: string, env: Record<string, string> = {}) {
  const errors: { message: string; cause: string }[] = []
  const store = redisStore(url, {
    report: (level, message, detail) =>
      level === 'error' && errors.push({ message, cause: JSON.stringify(detail) }),
    env: { REDIS_TIMEOUT: '1', ...env },
  })
  await until(() => errors.length > 0, url)
  await store.close()
  return errors[0] as { message: string; cause: string }
}

test('rediss:// with an authority of its own; without it the certificate is refused', async (t) => {
  const { redis, port, certificate } = await tlsRedis(t, 'anybody')
  // Another database than the first, so that SELECT is seen too.
  const url = `rediss://localhost:${port}/2`
  const store = await openRedis(url, { env: { REDIS_CA_FILE: certificate } })
  t.after(() => store.close())
  const record = { revision: 'r', expires_at: store.clock() + 60 }
  assert.equal(await store.create('grant', 'x', record, store.clock()), 'won')
  assert.deepEqual(await store.read('grant', 'x', store.clock()), record)
  assert.equal(redis.cli('-n', '2', 'EXISTS', 'postern:grant:x'), '1')

  const causes: object[] = []
  const stranger = redisStore(url, {
    report: (level, _message, detail) => level === 'error' && causes.push({ ...detail }),
  })
  t.after(() => stranger.close())
  await until(() => causes.length > 0, 'an error')
  await assert.rejects(stranger.ping())
  assert.match(JSON.stringify(causes), /SELF_SIGNED|self-signed/i)
})

test('what is no Redis, or speaks TLS where none is expected, is said with what to check', async (t) => {
  const plain = await RedisServer.start()
  t.after(() => plain.remove())
  const web = await clientServer(t, (_request, response) => response.end())
  const hangsUp = createServer((socket) => socket.on('data', () => socket.destroy()).on('error', () => {}))
  await new Promise<void>((resolve) => hangsUp.listen(0, '127.0.0.1', resolve))
  t.after(() => hangsUp.close())
  const silent = (hangsUp.address() as AddressInfo).port
  const { port } = new URL(web.origin)
  const tls = await tlsRedis(t, 'anybody')
  const mutual = await tlsRedis(t, 'with a certificate')
  for (const [url, pattern, env] of [
    [`rediss://127.0.0.1:${plain.port}`, /not answer in time; .*write redis: instead of rediss:/],
    [`redis://127.0.0.1:${port}`, /^what answers is not Redis; check the host and the port/],
    [`rediss://127.0.0.1:${port}`, /^what answers speaks no TLS; .*write redis:/],
    [`redis://127.0.0.1:${silent}`, /closed before Redis answers; .*write rediss: .*if it speaks TLS/],
    ['redis://127.0.0.1:1', /^nothing listens where Redis should; check the host and the port/],
    ['redis://127.0.0.1:1,127.0.0.1:2', /^the connection is closed before Redis answers; check the host/],
    ['redis://no-such-host.invalid', /^the host in REDIS_URL has no address/],
    [`redis+sentinel://127.0.0.1:${plain.port}/main`, /^these are no sentinels/],
    [`redis://127.0.0.1:${plain.port},127.0.0.1:${plain.port}`, /^this Redis is no cluster/],
    [`redis://127.0.0.1:${tls.port}`, /closed before Redis answers; .*write rediss: .*if it speaks TLS/],
    [`redis://127.0.0.1:${tls.port},localhost:${tls.port}`, /closed before Redis .*write rediss: /],
    [`redis+sentinel://127.0.0.1:${tls.port}/main`, /closed before Redis answers; .*write rediss: /],
    [
      `rediss://127.0.0.1:${plain.port},localhost:${plain.port}`,
      /not answer in time; .*write redis: instead/,
    ],
    [`redis+sentinel://127.0.0.1:${port}/main`, /^what answers is not Redis; check the host/],
    [
      `rediss://127.0.0.1:${mutual.port}`,
      /^Redis asks for a certificate, and Postern has none; set tls-auth-clients no/,
      { REDIS_CA_FILE: mutual.certificate },
    ],
  ] as [string, RegExp, Record<string, string>?][]) {
    const { message, cause } = await firstError(url, env)
    assert.match(message, pattern, url)
    assert.doesNotMatch(cause, /report this/i, url)
  }
})
