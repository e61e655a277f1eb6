import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer, type TestServer } from '../support/server.ts'
import { exchange, freshCode, introspect, refresh } from '../support/token-client.ts'

/** Seconds. */
const APART = 30

test('clocks of two nodes 30 seconds apart: nothing is revoked for it, and /readyz and the log say so', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const warnings: { clock_skew?: number }[] = []
  const node = async (offset: number): Promise<TestServer> => {
    const store = await openRedis(redis.url, {
      localTime: () => Date.now() + offset * 1000,
      report: (level, message, detail) => {
        if (level === 'warn' && /clock/.test(message)) warnings.push({ ...detail })
      },
    })
    return buildServer(t, { store, storeClock: true })
  }
  const right = await node(0)
  const ahead = await node(APART)

  // Issued by one, used at the other, in both directions, each refresh repeated at the other node.
  for (const [from, to] of [
    [ahead, right],
    [right, ahead],
  ] as const) {
    let tokens = (await exchange(to.app, await freshCode(from.app))).body
    for (let round = 0; round < 6; round++) {
      const [here, there] = round % 2 === 0 ? [from, to] : [to, from]
      const next = await refresh(here.app, tokens.refresh_token)
      const repeated = await refresh(there.app, tokens.refresh_token)
      assert.equal(next.status, 200)
      assert.equal(repeated.body.refresh_token, next.body.refresh_token)
      assert.equal((await introspect(there.app, next.body.access_token)).body.active, true)
      assert.ok(Math.abs(next.body.expires_in - 300) <= 1)
      tokens = next.body
    }
  }

  const ready = await ahead.app.inject({ url: '/readyz', headers: { host: 'localhost:8000' } })
  const [warning, ...more] = warnings
  assert.deepEqual(more, [])
  // Measured around a question to Redis, which a busy machine answers late.
  for (const skew of [ready.json().clock_skew, warning?.clock_skew])
    assert.ok(Math.abs(Number(skew) + APART) < APART / 2, String(skew))
})
