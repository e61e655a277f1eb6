import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RedisConnection } from '../../src/store/redis-connection.ts'
import { inspectServer } from '../../src/store/redis-server.ts'
import { type RedisAddress, readRedisUrl } from '../../src/store/redis-url.ts'
import type { Report } from '../../src/store/store.ts'
import { storeContract } from '../contract/store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis, redisStore } from '../support/redis-store.ts'

const docs = readFileSync(join(import.meta.dirname, '../../docs/deployment.md'), 'utf8')
const [, rule = ''] = /^ACL SETUSER (postern .*)$/m.exec(docs) ?? []
const words = rule.replace('PASSWORD', 'p:w/d').split(' ')

const started = RedisServer.start().then((redis) => {
  assert.equal(redis.cli('ACL', 'SETUSER', ...words), 'OK')
  return redis
})
test.after(async () => (await started).remove())

// Everything the store does, as the user that docs/deployment.md makes.
storeContract('redis as the documented user', async () => {
  const { port } = await started
  return openRedis(`redis://postern:p%3Aw%2Fd@127.0.0.1:${port}`)
})

test('the documented user sees no other key, and may do nothing else', async () => {
  const { port } = await started
  const redis = redisStore(`redis://postern@127.0.0.1:${port}`, {
    env: { REDIS_PASSWORD: 'p:w/d', REDIS_PREFIX: 'other:' },
  })
  await redis.reachable()
  await assert.rejects(redis.read('grant', 'x', 0), /NOPERM/)
  await redis.close()
})

test('the log tells a refused user or password, and a refused command, from a Redis that does not answer', async () => {
  const redis = await started
  const { port } = redis
  redis.cli('ACL', 'SETUSER', 'narrow', 'on', '>p', '~*', '-@all', '+get')
  redis.cli('ACL', 'SETUSER', 'wide', 'on', '>p', '~*', '+@all')
  redis.cli('ACL', 'SETUSER', 'default', 'resetpass')
  const said = async (url: string) => {
    const messages: string[] = []
    const report: Report = (_level, message) => messages.push(message)
    const address = readRedisUrl(url) as RedisAddress
    const connection = new RedisConnection({ address, timeout: 1 }, report)
    await connection.reachable()
    await inspectServer(connection, report)
    await connection.close()
    return messages
  }
  const refused = 'Redis refuses the user or the password; check REDIS_URL and REDIS_PASSWORD'
  const noInfo =
    'Redis does not show INFO to this user, so its eviction and persistence are not checked; let it: ACL SETUSER with +info'
  assert.deepEqual(await said(`redis://127.0.0.1:${port}`), [refused])
  assert.deepEqual(await said(`redis://postern:wrong@127.0.0.1:${port}`), [refused])
  assert.deepEqual(await said(`redis://nobody:p@127.0.0.1:${port}`), [refused])
  const nothing =
    'nothing listens where Redis should; check the host and the port in REDIS_URL, and that it runs'
  assert.deepEqual(await said('redis://127.0.0.1:1'), [nothing])
  assert.deepEqual(await said(`redis://narrow:p@127.0.0.1:${port}`), ['connected to Redis', noInfo])
  // And never goes on in another database than the one that was asked for.
  const command = 'Redis refuses this user a command; docs/deployment.md lists what it must be allowed'
  assert.deepEqual(await said(`redis://narrow:p@127.0.0.1:${port}/3`), [command])
  const none = 'Redis has no database of this number; check the end of REDIS_URL'
  assert.deepEqual(await said(`redis://wide:p@127.0.0.1:${port}/99`), [none])
})
