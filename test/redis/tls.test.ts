import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis, redisStore } from '../support/redis-store.ts'
import { until } from '../support/until.ts'

test('rediss:// with an authority of its own; without it the certificate is refused', async (t) => {
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
  const redis = await RedisServer.start(...tls, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no')
  t.after(() => redis.remove())

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
