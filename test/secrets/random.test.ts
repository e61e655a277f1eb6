import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { random, randomText } from '../../src/secrets/random.ts'

describe('random', () => {
  test('gives as many bytes as asked', () => {
    for (const size of [1, 9, 12, 16, 32, 64]) {
      assert.equal(random(size).length, size)
      assert.equal(Buffer.from(randomText(size), 'base64url').length, size)
      assert.match(randomText(size), /^[\w-]+$/)
    }
  })

  for (const size of [12, 16, 60, 64]) {
    test(`draws of ${size} bytes never repeat and are never blank, over many fillings of the pool`, () => {
      const drawn = new Set<string>()
      for (let draw = 0; draw < 3000; draw++) {
        const bytes = random(size)
        assert.notEqual(
          bytes.findLastIndex((byte) => byte !== 0),
          -1,
        )
        // The last bytes too: a draw over the pool's end must not be cut or padded.
        assert.notDeepEqual(bytes.subarray(size - 8), Buffer.alloc(8))
        drawn.add(bytes.toString('hex'))
      }
      assert.equal(drawn.size, 3000)
    })
  }

  test('draws of mixed sizes share no window of 8 bytes across the boundary of the pool', () => {
    const windows = new Set<string>()
    let count = 0
    for (let draw = 0; draw < 2000; draw++) {
      const bytes = random([9, 16, 33, 64][draw % 4] as number)
      for (let at = 0; at + 8 <= bytes.length; at += 8) {
        windows.add(bytes.toString('hex', at, at + 8))
        count++
      }
    }
    assert.equal(windows.size, count)
  })

  test('a draw is a copy of its own: later draws do not change it, changing it changes none', () => {
    const first = random(16)
    const before = first.toString('hex')
    for (let draw = 0; draw < 600; draw++) random(16)
    assert.equal(first.toString('hex'), before)
    first.fill(0)
    assert.notDeepEqual(random(16), Buffer.alloc(16))
  })

  test('every bit is drawn', () => {
    const ones = Buffer.alloc(16)
    const zeros = Buffer.alloc(16)
    for (let draw = 0; draw < 200; draw++) {
      for (const [at, byte] of random(16).entries()) {
        ones[at] = (ones[at] as number) | byte
        zeros[at] = (zeros[at] as number) | ~byte
      }
    }
    assert.deepEqual(ones, Buffer.alloc(16, 255))
    assert.deepEqual(zeros, Buffer.alloc(16, 255))
  })
})
