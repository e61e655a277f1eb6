import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { redisSettings } from '../../src/store/redis-settings.ts'
import { readRedisUrl } from '../../src/store/redis-url.ts'
import { KEY } from '../support/server.ts'

const at = (host: string, port: number) => ({ host, port })

test('one host, several, sentinels; TLS, user, password, database', () => {
  const plain = { topology: 'single', tls: false, database: 0 }
  assert.deepEqual(readRedisUrl('redis://cache'), { ...plain, hosts: [at('cache', 6379)] })
  assert.deepEqual(readRedisUrl('rediss://u:p%40%3A@[::1]:7000/3'), {
    ...plain,
    tls: true,
    hosts: [at('::1', 7000)],
    username: 'u',
    password: 'p@:',
    database: 3,
  })
  assert.deepEqual(readRedisUrl('redis://:secret@cache'), {
    ...plain,
    hosts: [at('cache', 6379)],
    password: 'secret',
  })
  assert.deepEqual(readRedisUrl('redis://a:1,b:2,c'), {
    ...plain,
    topology: 'cluster',
    hosts: [at('a', 1), at('b', 2), at('c', 6379)],
  })
  assert.deepEqual(readRedisUrl('redis+sentinel://a,b:7/main/2'), {
    ...plain,
    topology: 'sentinel',
    hosts: [at('a', 26_379), at('b', 7)],
    primary: 'main',
    database: 2,
  })
})

for (const wrong of [
  'http://cache',
  'redis://',
  'redis://a,/0',
  'redis://a:99999',
  'redis://a/x',
  'redis://a,b/1',
  'redis+sentinel://a',
  'redis+sentinel://a/main/0/more',
  'redis://%zz@a',
]) {
  test(`${wrong} is refused, and its value is not shown`, () => {
    assert.equal(readRedisUrl(wrong), undefined)
    assert.throws(
      () => loadConfig({ STORE: 'redis', REDIS_URL: wrong, SECRET_KEYS: KEY }),
      /^ConfigError: REDIS_URL is not usable; it must be a redis:/,
    )
  })
}

test('REDIS_PASSWORD overrides the password of the URL; the authority is read from its file', () => {
  const { env } = loadConfig({
    ...{ REDIS_URL: 'rediss://u:old@a', REDIS_PASSWORD: 'new', REDIS_CA_FILE: '/ca.pem', REDIS_PREFIX: 'p:' },
    ...{ REDIS_WAIT_REPLICAS: '2', REDIS_TIMEOUT: '3' },
  })
  const reader = { read: (name: string, path: string) => `${name} ${path}`, fail: assert.fail }
  assert.deepEqual(redisSettings(env, reader), {
    address: { ...readRedisUrl('rediss://u:new@a') },
    ca: 'REDIS_CA_FILE /ca.pem',
    prefix: 'p:',
    timeout: 3,
    replicas: 2,
  })
})

test('what does not go together is refused with the reason', () => {
  const redis = { STORE: 'redis', SECRET_KEYS: KEY }
  assert.throws(
    () => loadConfig({ WORKERS: '2' }),
    /WORKERS is 2; with STORE=memory it must be 1: each process/,
  )
  assert.throws(() => loadConfig({ STORE: 'redis' }), /SECRET_KEYS is not set/)
  assert.throws(
    () => loadConfig({ ...redis, REDIS_URL: 'redis://a,b', REDIS_WAIT_REPLICAS: '1' }),
    /REDIS_WAIT_REPLICAS is 1; it must be 0 with a Redis Cluster/,
  )
  assert.throws(
    () => loadConfig({ ...redis, REDIS_URL: 'rediss://a', REDIS_CA_FILE: '/nowhere' }),
    /REDIS_CA_FILE is "\/nowhere", which does not exist/,
  )
  assert.equal(loadConfig({ ...redis, WORKERS: '3' }).env.WORKERS, 3)
  assert.ok(loadConfig({ ...redis, WORKERS: 'auto' }).env.WORKERS >= 1)
})
