import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isArgon2idPassword } from '../../src/passwords/password-hash.ts'
import { chosenProblem, formsOf, MIN_WITH_FACTOR } from '../../src/passwords/typed-password.ts'

test('a chosen password has fifteen characters, however many bytes they take; eight beside a second factor', () => {
  const long = [
    'a'.repeat(15),
    '😀'.repeat(15),
    'ä'.repeat(15).normalize('NFD'),
    ' '.repeat(15),
    'x'.repeat(1000),
  ]
  for (const good of long) assert.equal(chosenProblem(good), undefined, good)
  for (const short of ['', 'a'.repeat(14), '😀'.repeat(14), 'ä'.repeat(14).normalize('NFD')])
    assert.equal(chosenProblem(short), 'short', short)
  for (const good of ['a'.repeat(8), '😀'.repeat(8)])
    assert.equal(chosenProblem(good, MIN_WITH_FACTOR), undefined)
  for (const short of ['a'.repeat(7), 'ä'.repeat(7).normalize('NFD')])
    assert.equal(chosenProblem(short, MIN_WITH_FACTOR), 'short')
})

test('whatever may be chosen can be typed in every form afterwards; bytes are counted as they are kept', () => {
  assert.equal(chosenProblem('x'.repeat(1001)), 'long')
  assert.equal(chosenProblem('ä'.repeat(500)), undefined)
  assert.equal(chosenProblem('ä'.repeat(501)), 'long')
  // Decomposed 1,500 bytes, composed 1,000; and one that has twice as many bytes composed.
  assert.equal(chosenProblem('ä'.repeat(500).normalize('NFD')), undefined)
  assert.equal(chosenProblem('\u0958'.repeat(300)), 'long')
  // Two bytes, and three units decomposed: no character has more units a byte.
  for (const [one, times] of [
    ['\u01d5', 500],
    ['\u1f82', 333],
    ['각', 333],
    ['ế', 333],
  ] as const) {
    const password = one.repeat(times)
    assert.equal(chosenProblem(password), undefined, one)
    const kept = password.normalize('NFC')
    for (const form of ['NFC', 'NFD'] as const)
      assert.ok(formsOf(password.normalize(form)).includes(kept), `${one} ${form}`)
  }
})

test('no character has more than one and a half units, in any form, for a byte of what is kept', () => {
  for (let point = 0; point < 0x11_0000; point++) {
    if (point >= 0xd8_00 && point < 0xe0_00) continue
    const one = String.fromCodePoint(point)
    const units = Math.max(one.normalize('NFD').length, one.length)
    assert.ok(units <= 1.5 * Buffer.byteLength(one.normalize('NFC')), `U+${point.toString(16)}`)
  }
})

test('a text that takes long to normalize is not normalized', () => {
  const marks = `a${'\u0316\u0301'.repeat(30_000)}`
  assert.deepEqual(formsOf(marks), [marks])
  assert.equal(chosenProblem(marks), 'long')
  assert.equal(isArgon2idPassword(marks), false)
  assert.deepEqual(formsOf('e\u0301'.repeat(36)), ['e\u0301'.repeat(36), '\u00e9'.repeat(36)])
})
