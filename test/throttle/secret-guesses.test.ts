import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keys } from '../../src/secrets/keys.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { SecretGuesses } from '../../src/throttle/secret-guesses.ts'
import { KEY } from '../support/server.ts'

const T = 1_000_000
const FREE = 20
const DAY = 86_400

function guessing(store = new MemoryStore(100_000)) {
  const guesses = new SecretGuesses(store, new Keys([KEY]))
  const guess = (secret: string, address = '192.0.2.1', client_id = 'svc') => ({
    ...{ client_id, address, secret },
    guessable: true,
  })
  /** So many different wrong ones. */
  const wrong = async (count: number, address?: string, now = T) => {
    for (let at = 0; at < count; at++) await guesses.wrong(guess(`wrong ${at}`, address), now)
  }
  return { guesses, guess, wrong, store }
}

test('a client is known at an address for a day after each right secret, at no other address, and no other client', () => {
  const { guesses, guess } = guessing()
  const right = guess('right')
  assert.equal(guesses.isKnown(right, T), false)
  guesses.right(right, T)
  guesses.right(right, T + 30)
  assert.equal(guesses.isKnown(right, T + DAY - 1), true)
  assert.equal(guesses.isKnown(right, T + DAY), false)
  assert.equal(guesses.isKnown(guess('right', '192.0.2.2'), T), false)
  assert.equal(guesses.isKnown(guess('right', '192.0.2.1', 'other'), T), false)
  guesses.right(right, T + DAY)
  assert.equal(guesses.isKnown(right, T + 2 * DAY - 1), true)
})

test('nobody waits who has not guessed wrong; two clients and two addresses count apart', async () => {
  const { guesses, guess, wrong } = guessing()
  await wrong(FREE - 1)
  assert.equal(guesses.wait(guess('x'), T), 0)
  await guesses.wrong(guess('one more'), T)
  assert.equal(guesses.wait(guess('x'), T), 2)
  assert.equal(guesses.wait(guess('x'), T + 1), 1)
  assert.equal(guesses.wait(guess('x'), T + 2), 0)
  for (const other of [
    guess('x', '192.0.2.2'),
    guess('x', '192.0.2.1', 'other'),
    guess('x', '192.0.2.1', 'sv'),
  ])
    assert.equal(guesses.wait(other, T), 0)
})

test('the same wrong secret counts again when the counter has ended', async () => {
  const { guesses, guess, wrong, store } = guessing()
  for (let round = 0; round < 3; round++) {
    const now = T + round * 900
    await wrong(FREE, undefined, now)
    await wrong(FREE, undefined, now)
    assert.equal(guesses.wait(guess('x'), now), 2)
  }
  assert.equal(store.size('counter'), 1)
})

test('what a process remembers has a bound; what it forgets is still in the store', async () => {
  const { guesses, guess, wrong } = guessing()
  await wrong(FREE, '192.0.2.1')
  for (let at = 0; at < 5000; at++) {
    const address = `10.0.${at >> 8}.${at & 255}`
    await guesses.wrong(guess('x', address), T)
    guesses.right(guess('right', address), T)
  }
  assert.equal(guesses.wait(guess('x', '192.0.2.1'), T), 0)
  await guesses.wrong(guess('x', '192.0.2.1'), T)
  assert.equal(guesses.wait(guess('x', '192.0.2.1'), T), 4)
  guesses.right(guess('right', '192.0.2.1'), T)
  assert.equal(guesses.isKnown(guess('x', '10.0.0.0'), T), false)
  assert.equal(guesses.isKnown(guess('x', '10.0.0.1'), T), true)
})

test('what no guess can find is counted in the process alone: clients that anybody can register fill no store', async () => {
  const { guesses, guess, store } = guessing()
  const strong = (at: number, client_id: string) => ({
    ...guess(`wrong ${at}`, '192.0.2.1', client_id),
    guessable: false,
  })
  for (let at = 0; at < FREE; at++) for (const id of ['ci_1', 'ci_2']) await guesses.wrong(strong(at, id), T)
  assert.equal(guesses.wait(strong(0, 'ci_1'), T), 2)
  assert.equal(store.size('counter'), 0)
})
