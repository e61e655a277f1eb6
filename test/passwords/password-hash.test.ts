import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcrypt'
import { ARGON2ID_COST, hashArgon2id } from '../../src/passwords/argon2id.ts'
import {
  decoyOf,
  hashChosen,
  isCheapHash,
  isPasswordHash,
  isRare,
  kindOfHash,
  kindsProblem,
  matches,
  passwordHashProblem,
} from '../../src/passwords/password-hash.ts'

const SMALL = { memory: 8, passes: 1, parallelism: 1 }

test('a hash of either kind is recognised; of Argon2id also a password that bcrypt would cut', async () => {
  const long = 'correct horse battery staple '.repeat(10)
  const hash = await hashArgon2id(long, SMALL)
  assert.deepEqual([await matches(long, hash), await matches(long.slice(0, -1), hash)], [true, false])
  const old = await bcrypt.hash('password', 4)
  assert.deepEqual([await matches('password', old), await matches('passwore', old)], [true, false])
})

test('nobody has an empty password, or one over the bound, whatever was hashed', async () => {
  for (const password of ['', 'x'.repeat(1001), 'ä'.repeat(501)])
    assert.equal(await matches(password, await hashArgon2id(password, SMALL)), false, String(password.length))
  for (const password of ['x', 'x'.repeat(1000), 'ä'.repeat(500), 'a\0b'])
    assert.equal(await matches(password, await hashArgon2id(password, SMALL)), true, String(password.length))
})

test('a chosen password is kept composed', async () => {
  const chosen = await hashChosen('Pässwörd-é-1'.normalize('NFD'))
  assert.equal(await matches('Pässwörd-é-1'.normalize('NFC'), chosen), true)
  assert.equal(isRare(chosen), false)
  assert.deepEqual([isRare(undefined), isRare(decoyOf('bcrypt-12'))], [false, true])
})

test('what is no hash at all, and what is one of neither kind, says so', () => {
  for (const text of [
    '',
    'plain',
    '$2b$03$'.padEnd(60, 'a'),
    '$2b$18$'.padEnd(60, 'a'),
    '$2x$10$'.padEnd(60, 'a'),
    '$1$abc$def',
  ])
    assert.match(
      passwordHashProblem(text) ?? '',
      /^is not a hash of bcrypt \(of a cost from 04 to 17\) or Argon2id$/,
    )
  assert.match(
    passwordHashProblem('$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHQ') ?? '',
    /only Argon2id is taken/,
  )
  for (const text of ['$2a$04$', '$2b$17$', '$2y$10$']) assert.ok(isPasswordHash(text.padEnd(60, 'a')))
})

test('nobody has the hash that stands in for one, and it is of the same kind', async () => {
  for (const hash of [
    await hashArgon2id('password', { memory: 64, passes: 3, parallelism: 2 }),
    await bcrypt.hash('password', 4),
  ]) {
    const decoy = decoyOf(kindOfHash(hash))
    assert.ok(isPasswordHash(decoy))
    assert.equal(kindOfHash(decoy), kindOfHash(hash))
    for (const password of ['password', '', 'x']) assert.equal(await matches(password, decoy), false)
  }
})

test('hashes of one algorithm and cost are one kind, whatever their salt and length', () => {
  const [short, long] = [
    '$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$GrrWuNJDSw5sNFEh3CamRw',
    decoyOf('argon2id-64-2-1'),
  ]
  assert.deepEqual([kindOfHash(short), kindOfHash(long)], ['argon2id-64-2-1', 'argon2id-64-2-1'])
  assert.equal(kindOfHash('$2y$09$'.padEnd(60, 'a')), 'bcrypt-9')
})

test('the work of all kinds together is bounded, for every guess does it', () => {
  const bcrypts = Array.from({ length: 14 }, (_, at) => `bcrypt-${at + 4}`)
  const cheap = (count: number) => Array.from({ length: count }, (_, at) => `argon2id-${at + 8}-1-1`)
  assert.equal(kindsProblem([]), undefined)
  assert.equal(kindsProblem([...bcrypts, ...cheap(16)]), undefined)
  assert.match(
    kindsProblem([...bcrypts, ...cheap(17)]) ?? '',
    /there may be 16, and their m times t 2097152 together$/,
  )
  assert.equal(kindsProblem(['argon2id-131072-8-1', 'argon2id-131072-8-2']), undefined)
  assert.match(
    kindsProblem(['argon2id-131072-8-1', 'argon2id-131072-8-2', 'argon2id-8-1-1']) ?? '',
    /too many/,
  )
})

test('cheap is what is less than OWASP advises, of either kind', () => {
  for (const kind of [
    'bcrypt-10',
    'argon2id-7168-5-1',
    'argon2id-19456-2-1',
    'argon2id-47104-1-1',
    'argon2id-65536-3-4',
  ])
    assert.equal(isCheapHash(decoyOf(kind)), false, kind)
  for (const kind of ['bcrypt-9', 'argon2id-4096-20-1', 'argon2id-7168-4-1', 'argon2id-19456-1-1'])
    assert.equal(isCheapHash(decoyOf(kind)), true, kind)
  assert.equal(isCheapHash('plain'), false)
  assert.equal(isCheapHash(decoyOf(`argon2id-${ARGON2ID_COST.memory}-${ARGON2ID_COST.passes}-1`)), false)
})
