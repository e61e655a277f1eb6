import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { type ClientSecret, hashedSecret, plainSecret, severalSecrets } from '../../src/clients/secret.ts'
import { Busy, PasswordQueue } from '../../src/passwords/password-queue.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { buildServer, KEY } from '../support/server.ts'
import { basic, direct } from '../support/token-client.ts'

const keys = new Keys([KEY])

test('a flood of wrong secrets for one client leaves room in the queue for another', async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 8 })
  const flooded = hashedSecret(await bcrypt.hash('one', 4), queue, keys)
  const other = hashedSecret(await bcrypt.hash('other', 4), queue, keys)
  const wrong = Array.from({ length: 20 }, (_, at) => Promise.resolve(flooded.verify(`wrong${at}`)))
  const settled = Promise.allSettled(wrong)
  assert.equal(await other.verify('other'), true)
  const refused = (await settled).filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 16)
  for (const one of refused) assert.ok((one as PromiseRejectedResult).reason instanceof Busy)
  // Once seen, its digest decides: no flood keeps the client out any more.
  assert.equal(await flooded.verify('one'), true)
  Array.from({ length: 20 }, (_, at) => Promise.resolve(flooded.verify(`wrong${at}`)).catch(() => {}))
  assert.equal(await flooded.verify('one'), true)
})

test("a client's secret is compared as it is: no other form of its characters is tried", async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 8 })
  const [composed, decomposed] = ['p\u00e9', 'pe\u0301']
  for (const secret of [composed, decomposed]) {
    const hashed = hashedSecret(await bcrypt.hash(secret, 4), queue, keys)
    for (const plain of [plainSecret(secret), hashed]) {
      for (const given of [composed, decomposed]) assert.equal(await plain.verify(given), given === secret)
    }
  }
})

test('several secrets are good side by side, each until its end; a hash that cannot be looked at hides no other', async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 1 })
  let now = 100
  const secrets = [
    { secret: plainSecret('old'), until: 200 },
    { secret: plainSecret('new'), until: undefined },
    { secret: hashedSecret(await bcrypt.hash('hashed', 4), queue, keys), until: 300 },
  ]
  const several = severalSecrets(secrets, () => now)
  for (const right of ['old', 'new', 'hashed']) assert.equal(await several.verify(right), true, right)
  assert.equal(await several.verify('wrong'), false)
  now = 200
  assert.equal(await several.verify('old'), false)
  assert.equal(await several.verify('hashed'), true)
  now = 300
  assert.equal(await several.verify('hashed'), false)
  assert.equal(await several.verify('new'), true)

  const busy: ClientSecret = {
    guessable: true,
    isSlow: () => true,
    verify: () => Promise.reject(new Busy('full')),
  }
  const right: ClientSecret = {
    guessable: true,
    isSlow: () => true,
    verify: async (given) => given === 'right',
  }
  const beside = severalSecrets(
    [busy, right].map((secret) => ({ secret, until: undefined })),
    () => now,
  )
  assert.equal(await beside.verify('right'), true)
  await assert.rejects(Promise.resolve(beside.verify('wrong')), Busy)
})

test('the token endpoint takes each of them until its end; what contradicts itself is refused at the start', async (t) => {
  const end = Math.floor(Date.parse('2027-01-01T00:00:00Z') / 1000)
  const secret = { name: 'first', client_secret: 'the-first-secret-of-all', until: '2027-01-01' }
  const next = { name: 'next', client_secret_hash: await bcrypt.hash('the-next-secret-of-all', 4) }
  const client = { client_id: 'robot', grant_types: ['client_credentials'], scope: 'read' }
  const { app, clock } = await buildServer(t, {
    now: end - 1,
    clients: [{ ...client, client_secrets: [secret, next] }],
  })
  const ask = async (client_secret: string) =>
    (
      await direct(
        app,
        { grant_type: 'client_credentials' },
        { authorization: basic('robot', client_secret) },
      )
    ).status
  assert.deepEqual(
    [await ask('the-first-secret-of-all'), await ask('the-next-secret-of-all'), await ask('x')],
    [200, 200, 401],
  )
  clock.now = end
  assert.deepEqual([await ask('the-first-secret-of-all'), await ask('the-next-secret-of-all')], [401, 200])
  const refused = (entry: object, message: RegExp) =>
    assert.rejects(buildServer(t, { clients: [{ ...client, ...entry }] }), message)
  await refused(
    { client_secret: 'the-first-secret-of-all', client_secrets: [next] },
    /give one secret, or several/,
  )
  await refused({ client_secrets: [next, { ...secret, name: 'next' }] }, /two secrets of one name/)
  await refused({ client_secrets: [{ name: 'none' }] }, /none needs client_secret or client_secret_hash/)
  await refused({ client_secrets: [{ ...secret, until: 'soon' }] }, /first has an until that is not a date/)
})

test('a second hashed secret that nobody uses yet costs no hash once the first one was seen', async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 8 })
  let hashes = 0
  const counting = new Proxy(queue, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'verify') hashes++
        return value.apply(target, given)
      }
    },
  })
  const hashed = async (secret: string) => hashedSecret(await bcrypt.hash(secret, 4), counting, keys)
  const [next, used] = [await hashed('next'), await hashed('used')]
  const several = severalSecrets(
    [next, used].map((secret) => ({ secret, until: undefined })),
    () => 0,
  )
  assert.equal(await several.verify('used'), true)
  assert.equal(hashes, 2)
  for (let at = 0; at < 20; at++) assert.equal(several.verify('used'), true)
  assert.equal(hashes, 2)
  // The client changes over: one look, and both are known.
  assert.equal(await several.verify('next'), true)
  assert.equal(hashes, 3)
  assert.deepEqual(
    [several.verify('next'), several.verify('used'), several.verify('wrong')],
    [true, true, false],
  )
  assert.equal(hashes, 3)
})

test('the same secret costs one hash at a time, and a wrong one no second one', async () => {
  let hashes = 0
  class Counting extends PasswordQueue {
    override verify(password: string, passwordHash: string) {
      hashes++
      return super.verify(password, passwordHash)
    }
  }
  const secret = hashedSecret(
    await bcrypt.hash('right', 4),
    new Counting({ concurrency: 1, limit: 64 }),
    keys,
  )
  const fifty = async (given: string) =>
    new Set(await Promise.all(Array.from({ length: 50 }, () => Promise.resolve(secret.verify(given)))))
  assert.deepEqual(await fifty('wrong'), new Set([false]))
  assert.deepEqual(await fifty('wrong'), new Set([false]))
  assert.equal(hashes, 1)
  assert.deepEqual(await fifty('right'), new Set([true]))
  assert.deepEqual([await secret.verify('other'), await secret.verify('right')], [false, true])
  assert.equal(hashes, 2)
  // What was forgotten costs a hash again, and is as wrong.
  const next = hashedSecret(await bcrypt.hash('right', 4), new Counting({ concurrency: 1, limit: 64 }), keys)
  for (let at = 0; at < 70; at++) assert.equal(await next.verify(`wrong${at}`), false)
  assert.equal(await next.verify('right'), true)
})

test('which secrets can be guessed: hashes, and short ones in clear', async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 8 })
  const hashed = hashedSecret(await bcrypt.hash('x', 4), queue, keys)
  const [short, long] = [plainSecret('x'.repeat(31)), plainSecret('x'.repeat(32))]
  assert.deepEqual([hashed.guessable, short.guessable, long.guessable], [true, true, false])
  const several = (...secrets: ClientSecret[]) =>
    severalSecrets(
      secrets.map((secret) => ({ secret, until: undefined })),
      () => 0,
    ).guessable
  assert.deepEqual([several(long, short), several(long, long)], [true, false])
})
