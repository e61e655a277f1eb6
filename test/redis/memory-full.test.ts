import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { freshTokens, introspect, refresh } from '../support/token-client.ts'
import { until } from '../support/until.ts'

/** What the store reports in its first moments with a Redis of these options. */
async function reported(...options: string[]): Promise<string[]> {
  const redis = await RedisServer.start(...options)
  const lines: string[] = []
  try {
    const store = await openRedis(redis.url, {
      report: (level, message) => lines.push(`${level} ${message}`),
    })
    await until(() => /cmdstat_info:calls=2/.test(redis.cli('INFO', 'commandstats')), 'the inspection')
    // On the same connection: answered after it.
    await store.ping()
    await store.close()
  } finally {
    await redis.remove()
  }
  return lines
}

test('no memory left: 503 with a log line that names the cause; what is there stays readable', async (t) => {
  const redis = await RedisServer.start('--maxmemory-policy', 'noeviction')
  t.after(() => redis.remove())
  const { app, log } = await buildServer(t, { store: await openRedis(redis.url) })
  const tokens = await freshTokens(app)
  redis.cli('CONFIG', 'SET', 'maxmemory', '100kb')
  const answer = await refresh(app, tokens.refresh_token)
  assert.equal(answer.status, 503)
  assert.equal(answer.body.error, 'temporarily_unavailable')
  const line = log.find(({ msg }) => msg === 'the store is full')
  assert.match(String(line?.detail), /Redis has no memory left \(maxmemory\)/)
  assert.equal((await introspect(app, tokens.access_token)).body.active, true)
  redis.cli('CONFIG', 'SET', 'maxmemory', '0')
  assert.equal((await refresh(app, tokens.refresh_token)).status, 200)
})

test('the start warns of a policy that evicts living tokens, and of no append-only file', async () => {
  const risky = await reported('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru')
  assert.ok(risky.some((line) => /^warn Redis would evict living tokens/.test(line)))
  assert.ok(risky.some((line) => /^warn .*appendonly yes/.test(line)))
  const safe = await reported(
    '--maxmemory',
    '50mb',
    '--maxmemory-policy',
    'noeviction',
    '--appendonly',
    'yes',
  )
  assert.deepEqual(
    safe.filter((line) => !line.startsWith('info')),
    [],
  )
})
