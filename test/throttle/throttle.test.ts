import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Throttle } from '../../src/throttle/throttle.ts'
import { KEY } from '../support/server.ts'

const T = 1_000_000

/** A throttle where every address has used its free tries up: each guess is for another account. */
async function exhausted(addresses: readonly string[]): Promise<Throttle> {
  const throttle = new Throttle(new MemoryStore(10_000), new Keys([KEY]))
  for (let at = 0; at < 51; at++) {
    const address = addresses[at % addresses.length] as string
    await throttle.fail({ username: `somebody${at}`, address, device: undefined }, T)
  }
  return throttle
}

async function waits(throttle: Throttle, address: string): Promise<boolean> {
  return (await throttle.wait({ username: 'else', address, device: undefined }, T)) > 0
}

test('fifty failures from one address, then it waits; others do not', async () => {
  const throttle = await exhausted(['192.0.2.1'])
  assert.equal(await waits(throttle, '192.0.2.1'), true)
  assert.equal(await waits(throttle, '192.0.2.2'), false)
})

test('all addresses of an IPv6 /64 are one', async () => {
  const throttle = await exhausted(['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8::3:4:5:6'])
  assert.equal(await waits(throttle, '2001:db8::9'), true)
  assert.equal(await waits(throttle, '2001:db8:0:1::1'), false)
})

test('a port that a proxy writes behind the address does not make it another', async () => {
  const throttle = await exhausted(['192.0.2.1:1000', '192.0.2.1:1001', '192.0.2.1'])
  assert.equal(await waits(throttle, '192.0.2.1:4711'), true)
  assert.equal(await waits(throttle, '[2001:db8::1]:80'), false)
  const v6 = await exhausted(['[2001:db8::1]:1000', '2001:db8::2'])
  assert.equal(await waits(v6, '[2001:db8::3]:9'), true)
})

test('what is no address is one address', async () => {
  const throttle = await exhausted(['unknown', '_hidden', ''])
  assert.equal(await waits(throttle, 'anything'), true)
})
