import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { hashedSecret, plainSecret } from '../../src/clients/secret.ts'
import { BcryptQueue, Busy } from '../../src/passwords/bcrypt-queue.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { KEY } from '../support/server.ts'

const keys = new Keys([KEY])

test('a flood of wrong secrets for one client leaves room in the queue for another', async () => {
  const queue = new BcryptQueue({ concurrency: 1, limit: 8 })
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
  const queue = new BcryptQueue({ concurrency: 1, limit: 8 })
  const [composed, decomposed] = ['p\u00e9', 'pe\u0301']
  for (const secret of [composed, decomposed]) {
    const hashed = hashedSecret(await bcrypt.hash(secret, 4), queue, keys)
    for (const plain of [plainSecret(secret), hashed]) {
      for (const given of [composed, decomposed]) assert.equal(await plain.verify(given), given === secret)
    }
  }
})
