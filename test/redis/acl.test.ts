import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { storeContract } from '../contract/store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'

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
  const redis = await openRedis(`redis://postern@127.0.0.1:${port}`, {
    env: { REDIS_PASSWORD: 'p:w/d', REDIS_PREFIX: 'other:' },
  })
  await assert.rejects(redis.read('grant', 'x', 0), /NOPERM/)
  await redis.close()
})
