import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { ARGON2ID_COST, hashArgon2id, readArgon2id } from '../../src/passwords/argon2id.ts'
import {
  decoyOf,
  hashChosen,
  isPasswordHash,
  kindOfHash,
  matches,
} from '../../src/passwords/password-hash.ts'

// What the reference implementation of Argon2 prints for its own tests.
const REFERENCE = [
  ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  [
    'differentpassword',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94',
  ],
] as const

test('what the reference implementation of Argon2 has hashed is recognised, and nothing else', async () => {
  for (const [password, hash] of REFERENCE) {
    assert.ok(isPasswordHash(hash))
    assert.equal(await matches(password, hash), true, hash)
    for (const other of [`${password} `, '', 'x', password.toUpperCase(), `${password}\0`])
      assert.equal(await matches(other, hash), false, other)
  }
})

test('a new hash has a salt of its own, the form of the reference, and takes long passwords whole', async () => {
  const long = 'correct horse battery staple '.repeat(10)
  const [one, other] = [await hashChosen(long), await hashArgon2id(long)]
  assert.notEqual(one, other)
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.equal(await matches(long, one), true)
  assert.equal(await matches(long.slice(0, -1), one), false)
  assert.equal(
    await matches('x'.repeat(1001), await hashArgon2id('x'.repeat(1001))),
    false,
    'no hash is so long',
  )
  assert.deepEqual(kindOfHash(one), 'argon2id-19456-2-1')
  const { memory, passes, parallelism } = readArgon2id(one) as NonNullable<ReturnType<typeof readArgon2id>>
  assert.deepEqual({ memory, passes, parallelism }, ARGON2ID_COST)
})

test('a password that was chosen works in whichever form it is typed', async () => {
  const chosen = await hashChosen('Pässwörd-é-1'.normalize('NFD'))
  assert.equal(await matches('Pässwörd-é-1'.normalize('NFC'), chosen), true)
})

test('hashes that would cost too much, or are of another kind, are none', () => {
  const of = (
    cost: string,
    kind = 'argon2id',
    version = 19,
    rest = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8',
  ) => `$${kind}$v=${version}$${cost}${rest}`
  assert.ok(isPasswordHash(of('m=65536,t=3,p=4')))
  for (const text of [
    of('m=262145,t=1,p=1'),
    of('m=262144,t=5,p=1'),
    of('m=99999999999,t=1,p=1'),
    of('m=8,t=17,p=1'),
    of('m=8,t=0,p=1'),
    of('m=8,t=1,p=0'),
    of('m=128,t=1,p=17'),
    of('m=7,t=1,p=1'),
    of('m=64,t=1,p=9'),
    of('m=65536,t=3,p=4', 'argon2i'),
    of('m=65536,t=3,p=4', 'argon2d'),
    of('m=65536,t=3,p=4', 'argon2id', 16),
    of('m=65536,t=3,p=4', 'argon2id', 19, '$c29t$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8'),
    of('m=65536,t=3,p=4', 'argon2id', 19, '$c29tZXNhbHQ$CTFh'),
    of('m=65536,t=3,p=4', 'argon2id', 19, '$c29tZXNhbHQ'),
    of('t=3,m=65536,p=4'),
    `${of('m=65536,t=3,p=4')}\n`,
    `$argon2id$v=19$m=8,t=1,p=1$${'A'.repeat(100)}$${'A'.repeat(43)}`,
    '$2b$03$'.padEnd(60, 'a'),
    '$2b$18$'.padEnd(60, 'a'),
    'plain',
    '',
  ])
    assert.equal(isPasswordHash(text), false, text)
})

test('nobody has the hash that stands in for one, and it is of the same kind', async () => {
  for (const hash of [REFERENCE[0][1], await bcrypt.hash('password', 4)]) {
    const decoy = decoyOf(kindOfHash(hash))
    assert.ok(isPasswordHash(decoy))
    assert.equal(kindOfHash(decoy), kindOfHash(hash))
    for (const password of ['password', '', 'x']) assert.equal(await matches(password, decoy), false)
  }
})
