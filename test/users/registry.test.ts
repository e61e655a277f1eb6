import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { BcryptQueue, Busy } from '../../src/passwords/bcrypt-queue.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { FileUsers } from '../../src/users/registry.ts'
import { KEY } from '../support/server.ts'

const keys = new Keys([KEY])
const hashed = (cost: number) => `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`

/** Tells the cost of every hash that is compared, and finds none that matches. */
class CountingQueue extends BcryptQueue {
  readonly costs: number[] = []

  override async verify(_password: string, passwordHash: string): Promise<boolean> {
    this.costs.push(Number(passwordHash.slice(4, 6)))
    return false
  }
}

test('a hash by the name that htpasswd and PHP give it works, and costs what it says', async () => {
  const password_hash = (await bcrypt.hash('password', 4)).replace('$2b$', '$2y$')
  const queue = new BcryptQueue({ concurrency: 1, limit: 4 })
  const users = new FileUsers([{ username: 'php', password_hash }], { queue, keys, demo: false })
  assert.equal((await users.authenticate('php', 'password'))?.username, 'php')
  assert.equal(await users.authenticate('php', 'other'), undefined)
})

test('nobody costs what somebody does: one of the real costs, always the same for a name', async () => {
  const queue = new CountingQueue({ concurrency: 1, limit: 4 })
  const entries = [4, 4, 5].map((cost, at) => ({ username: `u${at}`, password_hash: hashed(cost) }))
  const users = new FileUsers(entries, { queue, keys, demo: false })
  for (let round = 0; round < 2; round++)
    for (let at = 0; at < 60; at++) await users.authenticate(`nobody${at}`, 'x')
  assert.deepEqual(queue.costs.slice(0, 60), queue.costs.slice(60))
  assert.deepEqual(new Set(queue.costs), new Set([4, 5]))
})

test("the demo's password can be tried again after a full queue", async () => {
  const queue = new BcryptQueue({ concurrency: 1, limit: 0 })
  const users = new FileUsers([{ username: 'admin', password: 'admin' }], { queue, keys, demo: true })
  const other = users.authenticate('nobody', 'x')
  await assert.rejects(users.authenticate('admin', 'admin'), Busy)
  await other
  assert.equal((await users.authenticate('admin', 'admin'))?.sub, 'admin')
})
