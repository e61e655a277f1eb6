import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, WALK } from '../support/browser-agent.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { buildServer } from '../support/server.ts'
import { direct, exchange, introspect, refresh } from '../support/token-client.ts'

/** Every key and every value that a Redis holds. */
function dump(redis: RedisServer): string[] {
  const found: string[] = []
  for (const key of redis.cli('KEYS', '*').split('\n')) {
    const kind = redis.cli('TYPE', key)
    const value = kind === 'zset' ? redis.cli('ZRANGE', key, '0', '-1') : redis.cli('GET', key)
    found.push(key, value)
  }
  return found
}

test('a dump of the whole Redis holds nothing that works as a token, a code or a cookie', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const { app } = await buildServer(t, { store: await openRedis(redis.url), storeClock: true })
  const agent = new Agent(app)
  // All that a flow leaves behind: a session, a consent, a redeemed grant, one that waits, a failed login.
  const used = (await agent.authorize(WALK)).get('code') as string
  const first = (await exchange(app, used)).body
  const tokens = (await refresh(app, first.refresh_token)).body
  const waiting = (await agent.authorize(WALK)).get('code') as string
  await new Agent(app).login(await new Agent(app).get('/login'), 'admin', 'a wrong password')
  await direct(app, { token: tokens.access_token }, { url: '/oauth/revoke' })

  const everything = dump(redis)
  const text = everything.join('\n')
  const secrets = [used, waiting, first, tokens].flatMap((one) =>
    typeof one === 'string' ? [one] : [one.access_token, one.refresh_token],
  )
  for (const secret of [...secrets, ...agent.cookies.values(), 'admin:admin', 'a wrong password']) {
    assert.ok(!text.includes(secret), 'a whole secret is in the store')
    // Nor the part of a handle that proves it.
    const proof = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64url').subarray(-32)
    assert.ok(!text.includes(proof.toString('base64url')) && !text.includes(proof.toString('hex')))
  }

  // Whatever is in there, with every prefix that a handle may have, is refused.
  const words = new Set(everything.flatMap((value) => value.match(/[\w-]{8,}/g) ?? []))
  assert.ok(words.size > 10)
  for (const word of words) {
    for (const prefix of ['', 'at_', 'rt_', 'ct_', 'ac_', 'bs_']) {
      const candidate = prefix + word
      assert.equal((await introspect(app, candidate)).body.active, false)
      assert.equal((await refresh(app, candidate)).status, 400)
      assert.equal((await exchange(app, candidate)).status, 400)
      const thief = new Agent(app)
      for (const name of agent.cookies.keys()) thief.cookies.set(name, candidate)
      assert.match((await thief.get(WALK)).body, /name="password"/, 'not logged in')
    }
  }
})

test('everything in Redis ends by itself, but what is durable', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const { app } = await buildServer(t, { store: await openRedis(redis.url), storeClock: true })
  const agent = new Agent(app)
  await exchange(app, (await agent.authorize(WALK)).get('code') as string)
  for (const key of redis.cli('KEYS', '*').split('\n')) {
    const seconds = Number(redis.cli('TTL', key))
    if (key.startsWith('postern:consent:')) assert.equal(seconds, -1, key)
    else assert.ok(seconds > 0, `${key} ${seconds}`)
  }
})
