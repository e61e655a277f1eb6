import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { commandLine } from '../support/command-line.ts'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { redisStore } from '../support/redis-store.ts'
import { buildServer, KEY } from '../support/server.ts'
import { until } from '../support/until.ts'

const OTHER = 'c0Zb1Yx9dQkq2m7cR8tLwV3nF4gH6jKpE5uA0iXoTyM='
const RECORD = 'postern:signing_keys:set'

/** A start as the process makes it: on a store that has only begun to connect. */
function start(t: TestContext, url: string, SECRET_KEYS = KEY) {
  const env = { STORE: 'redis', REDIS_URL: url, SECRET_KEYS }
  return buildServer(t, { env, store: redisStore(url), storeClock: true })
}

async function running(t: TestContext) {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  await start(t, redis.url)
  return redis
}

/** Whether these secrets open what is kept, and whether the first one sealed it. */
function opened(redis: RedisServer, ...secrets: string[]) {
  const { sealed } = JSON.parse(redis.cli('GET', RECORD).replace(/^[^{]*/, ''))
  const found = new Keys(secrets).unseal('signing_keys', sealed)
  return found && { kid: JSON.parse(found.text)[0].kid, current: found.current }
}

test('SECRET_KEYS that do not open the signing keys end the start, and the connection with it', async (t) => {
  const redis = await running(t)
  await assert.rejects(start(t, redis.url, OTHER), (error: Error) => {
    assert.ok(error instanceof ConfigError, String(error))
    assert.match(error.message, /SECRET_KEYS has no key that opens the signing keys/)
    return true
  })
  const clients = () => redis.cli('CLIENT', 'LIST', 'TYPE', 'normal').split('\n').length
  await until(() => clients() === 2, 'only the server that runs, and redis-cli')
})

test('the start seals the signing keys again under the first of SECRET_KEYS, before any request', async (t) => {
  const redis = await running(t)
  const before = opened(redis, KEY)
  const { log } = await start(t, redis.url, `${OTHER},${KEY}`)
  assert.equal(opened(redis, KEY), undefined)
  assert.deepEqual(opened(redis, OTHER), before, 'the same keys')
  assert.ok(!log.some((line) => /cannot be read yet/.test(String(line.msg))))
})

test('after a leak: the refusal says how to forget them, and without it new keys are made under the new secret', async (t) => {
  const redis = await running(t)
  const leaked = opened(redis, KEY)
  await assert.rejects(start(t, redis.url, OTHER), /leaked .*run: keys forget --yes/)
  const env = { STORE: 'redis', REDIS_URL: redis.url, SECRET_KEYS: OTHER }
  const forgotten = commandLine(env, tmpdir())(['keys', 'forget', '--yes'])
  assert.equal(forgotten.status, 0, forgotten.err)
  await start(t, redis.url, OTHER)
  const made = opened(redis, OTHER)
  assert.ok(made?.current)
  assert.notEqual(made.kid, leaked?.kid)
})

test('Redis down at the start: it starts, and loads the keys when Redis comes, before any request', async (t) => {
  const redis = new RedisServer(await freePort(), [])
  t.after(() => redis.remove())
  const { log } = await start(t, redis.url)
  assert.ok(log.some((line) => /signing keys cannot be read yet/.test(String(line.msg))))
  await redis.start()
  await until(() => redis.cli('EXISTS', RECORD) === '1', 'the keys')
  assert.ok(opened(redis, KEY)?.current)
})
