import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ambiguousNames, fold, Names } from '../../src/users/names.ts'

test('folding what is folded changes nothing, for every character and any text', () => {
  for (let point = 0; point < 0x110000; point++) {
    if (point >= 0xd800 && point < 0xe000) continue
    const character = String.fromCodePoint(point)
    for (const text of [character, `a${character}`, `${character}a`]) {
      const folded = fold(text)
      if (fold(folded) !== folded) assert.fail(`U+${point.toString(16)}: ${JSON.stringify(folded)}`)
    }
  }
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fold(fold(text)) === fold(text)))
})

test('whatever finds a person folds to the name of that person: one counter for all of their spellings', () => {
  const spelling = fc.constantFrom('ada', 'Ada', ' ADA', 'ada ', 'ａda', 'e\u0301', 'é', 'É', 'bob')
  fc.assert(
    fc.property(fc.uniqueArray(spelling), spelling, (usernames, typed) => {
      const names = new Names<string>()
      for (const username of usernames) names.add(username, username)
      const found = names.find(typed)
      if (usernames.includes(typed)) assert.equal(found, typed)
      if (found !== undefined) assert.equal(fold(typed), fold(found))
      const fitting = usernames.filter((one) => fold(one) === fold(typed))
      if (fitting.length === 1) assert.equal(found, fitting[0])
    }),
  )
})

test('long names are compared as they are, but for spaces around them', () => {
  const marks = `a${'\u0316\u0301'.repeat(30_000)}`
  assert.equal(fold(` ${marks} `), marks)
  const names = new Names<string>()
  names.add('A'.repeat(300), 'long')
  assert.equal(names.find(` ${'A'.repeat(300)}`), 'long')
  assert.equal(names.find('a'.repeat(300)), undefined)
})

test('names that fold to one are named, and no others', () => {
  assert.deepEqual(ambiguousNames(['ada', 'bob', 'ADA', 'eve', 'ｂob', 'ada ']), [
    'ada',
    'ADA',
    'ada ',
    'bob',
    'ｂob',
  ])
  assert.deepEqual(ambiguousNames(['ada', 'bob']), [])
})
