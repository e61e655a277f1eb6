import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileWatcher, type Seen } from '../../src/process/watch-file.ts'

const file = (about: Partial<Seen> = {}): Seen => ({
  ...{ dev: 1, ino: 7, birthtimeMs: 100, size: 10, mtimeMs: 100 },
  ...about,
})

/** What each look in turn is judged to be. */
const judged = (first: Seen | undefined, ...looks: (Seen | undefined)[]) => looks.map(fileWatcher(first))

test('a file in the place of another counts once, when it has stopped growing', () => {
  const [half, whole] = [file({ ino: 8, size: 3 }), file({ ino: 8, size: 10 })]
  assert.deepEqual(judged(file(), half, whole, whole, whole), ['none', 'none', 'replaced', 'none'])
})

test('a number that is used again is another file', () => {
  const other = file({ birthtimeMs: 200 })
  assert.deepEqual(judged(file(), other, other), ['none', 'replaced'])
})

test('other bytes in the same file are never a replacement', () => {
  const written = file({ size: 20, mtimeMs: 200 })
  assert.deepEqual(judged(file(), written, written, written), ['none', 'written', 'none'])
})

test('a file that is gone for a while, or was not there at first', () => {
  const next = file({ ino: 8 })
  assert.deepEqual(judged(file(), undefined, undefined, next, next), ['none', 'none', 'none', 'replaced'])
  assert.deepEqual(judged(file(), undefined, file(), file()), ['none', 'none', 'none'])
  assert.deepEqual(judged(undefined, file(), file()), ['none', 'replaced'])
})
