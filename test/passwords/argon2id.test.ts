import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import {
  ARGON2ID_COST,
  argon2idCostOf,
  argon2idDecoy,
  argon2idProblem,
  hashArgon2id,
  verifyArgon2id,
} from '../../src/passwords/argon2id.ts'

test('RFC 9106 §5.3: what we hash with makes the test vector of Argon2id', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    ...{ memory: 32, passes: 3, parallelism: 4, tagLength: 32 },
  })
  assert.equal(tag.toString('hex'), '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})

// Made by others: the reference implementation's own tests, and argon2-cffi 25.1.
const OTHERS = [
  ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
  ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
  ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  [
    'differentpassword',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94',
  ],
  [
    'correct horse battery staple',
    '$argon2id$v=19$m=1024,t=3,p=4$2qT8yabuj6QIHsEZ4Zhslg$Ny3NklXKH2sFBm2B6/lKu5lo7WwRobE81L5Kz7uEPTQ',
  ],
  // Eight lanes, a salt of 32 bytes and a tag of 64; a tag of 16; memory that is no multiple of its lanes, and a NUL.
  [
    'Pässwörd',
    '$argon2id$v=19$m=64,t=1,p=8$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY$x2Yuvtfi2v6+vj7PFdeoOOmOWCgaFZtNwTFPqU7WEnCpZbNSW7thfstjPoRsjQmDfUteQ7h7MH0RoogeqSWLTg',
  ],
  ['password', '$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$GrrWuNJDSw5sNFEh3CamRw'],
  ['a\0b', '$argon2id$v=19$m=67,t=1,p=2$c2FsdHNhbHQ$H77vz1lgzbiro0CVCnkBk6Im3v6ZngTl2Y6NTVEuRdw'],
] as const

test('what other implementations have hashed is recognised, and no other password', async () => {
  for (const [password, hash] of OTHERS) {
    assert.equal(argon2idProblem(hash), undefined, hash)
    assert.equal(await verifyArgon2id(password, hash), true, hash)
    const others = [`${password} `, '', 'x', password.toUpperCase(), `${password}\0`, password.slice(1)]
    for (const other of hash.includes('m=65536') ? [''] : others)
      assert.equal(await verifyArgon2id(other, hash), false, other)
  }
})

test('another parameter is another hash', async () => {
  const [password, hash] = OTHERS[0]
  for (const [one, other] of [
    ['m=256', 'm=257'],
    ['t=2', 't=3'],
    ['p=1', 'p=2'],
    ['$c29tZXNhbHQ$', '$c29tZXNhbHU$'],
    ['/4', '/0'],
  ] as const) {
    const changed = hash.replace(one, other)
    assert.notEqual(changed, hash)
    assert.equal(argon2idProblem(changed), undefined, changed)
    // 256 and 257 blocks are the same memory, but the number itself is hashed too.
    assert.equal(await verifyArgon2id(password, changed), false, changed)
  }
})

test('a new hash has a salt of its own, the usual form, and the parameters of ours', async () => {
  const [one, other] = [await hashArgon2id('password'), await hashArgon2id('password')]
  assert.notEqual(one, other)
  assert.match(one, /^\$argon2id\$v=19\$m=32768,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.deepEqual(argon2idCostOf(one), ARGON2ID_COST)
  assert.deepEqual(
    [await verifyArgon2id('password', one), await verifyArgon2id('passwore', one)],
    [true, false],
  )
})

const of = (cost: string, rest = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8') =>
  `$argon2id$v=19$${cost}${rest}`
const base64 = (length: number) => Buffer.alloc(length, 7).toString('base64').replaceAll('=', '')

test('the bounds of what somebody brings: memory, time, lanes, lengths; each says which', () => {
  const good = [
    ...['m=8,t=1,p=1', 'm=131072,t=8,p=8', 'm=64,t=16384,p=8', 'm=65536,t=3,p=4', 'm=102400,t=2,p=8'].map(
      (cost) => of(cost),
    ),
    ...[8, 16, 48].map((length) => of('m=8,t=1,p=1', `$${base64(length)}$${base64(32)}`)),
    ...[16, 32, 64].map((length) => of('m=8,t=1,p=1', `$${base64(8)}$${base64(length)}`)),
    argon2idDecoy(ARGON2ID_COST),
  ]
  for (const text of good) assert.equal(argon2idProblem(text), undefined, text)
  const bad: [string, RegExp][] = [
    [of('m=131073,t=1,p=1'), /^takes more memory than 131072 KiB \(m\)$/],
    [of('m=4294967295,t=1,p=1'), /more memory/],
    [of('m=9999999999,t=1,p=1'), /more memory/],
    [of('m=131072,t=9,p=1'), /^takes too long: m times t may be 1048576$/],
    [of('m=8,t=4294967295,p=1'), /too long/],
    [of('m=8,t=9999999999,p=1'), /too long/],
    [of('m=65536,t=3,p=9'), /^has more than 8 lanes \(p\)$/],
    [of('m=65536,t=3,p=16777215'), /more than 8 lanes/],
    [of('m=7,t=1,p=1'), /^has too little memory: m must be 8 times p$/],
    [of('m=63,t=1,p=8'), /too little memory/],
    ...[1, 7, 49, 5000].map((length): [string, RegExp] => [
      of('m=8,t=1,p=1', `$${base64(length)}$${base64(32)}`),
      /^must have a salt of 8 to 48 bytes$/,
    ]),
    ...[1, 4, 15, 65, 5000].map((length): [string, RegExp] => [
      of('m=8,t=1,p=1', `$${base64(8)}$${base64(length)}`),
      /^must have a hash of 16 to 64 bytes$/,
    ]),
  ]
  for (const [text, problem] of bad) assert.match(argon2idProblem(text) ?? 'none', problem, text)
})

test('Argon2i, Argon2d and version 1.0 are refused by name: no other password may have the hash', () => {
  const [, hash] = OTHERS[6]
  for (const type of ['argon2i', 'argon2d', 'argon2'])
    assert.match(
      argon2idProblem(hash.replace('argon2id', type)) ?? '',
      /^is a hash of Argon2i or Argon2d, and only Argon2id is taken/,
    )
  for (const version of ['v=16$', 'v=18$', 'v=190$', 'v=$', ''])
    assert.match(
      argon2idProblem(hash.replace('v=19$', version)) ?? '',
      /another version of Argon2 than 1\.3/,
      version,
    )
})

test('what is not the one text of a hash is none: parts that lack, tricks with numbers and base64', () => {
  const [, hash] = OTHERS[2]
  const whole = [
    '$argon2id$',
    '$argon2id$v=19$',
    '$argon2id$v=19$m=65536',
    '$argon2id$v=19$m=65536,t=2,p=1',
    hash.slice(0, hash.lastIndexOf('$')),
    hash.slice(0, hash.lastIndexOf('$') + 1),
    hash.replace('$c29tZXNhbHQ$', '$$'),
    hash.replace('$c29tZXNhbHQ$', '$'),
    `${hash}$`,
    `${hash}$c29tZXNhbHQ`,
    `${hash}\n`,
    ` ${hash}`,
    `${hash} `,
    hash.replace('m=65536,t=2', 't=2,m=65536'),
    hash.replace('t=2,', ''),
    hash.replace('p=1', 'p=1,keyid=a'),
    hash.replace('p=1', 'p=1,data=c29t'),
    hash.replace('m=65536', 'm=65536,m=8'),
    ...[
      '065536',
      '+65536',
      '-65536',
      '0',
      '',
      '6e4',
      '0x10',
      '65536.0',
      '65 536',
      '٦٥٥٣٦',
      '10000000000',
      '9'.repeat(400),
    ].map((m) => hash.replace('65536', m)),
    hash.replace('t=2', 't=0'),
    hash.replace('p=1', 'p=0'),
    // Padding, another alphabet, bits behind the end, a length that no bytes have.
    hash.replace('c29tZXNhbHQ', 'c29tZXNhbHQ='),
    `${hash}=`,
    hash.replace('CTF', 'C_F'),
    hash.replace('c29tZXNhbHQ', 'c29tZXNhbHR'),
    hash.replace('PPc', 'PPd'),
    hash.replace('c29tZXNhbHQ', 'c29tZXNhbHQAA'),
    hash.replace('c29tZXNhbHQ', 'c29t\nZXNhbHQ'),
    hash.replace('argon2id', 'argon2idx'),
  ]
  for (const text of whole) {
    assert.notEqual(text, hash)
    assert.match(argon2idProblem(text) ?? 'none', /^is not a whole hash of Argon2id|another version/, text)
  }
})

test('no message repeats the text', () => {
  for (const text of ['$argon2id$hunter2', '$argon2hunter2', of('m=8,t=1,p=1', '$hunter2$hunter2')])
    assert.doesNotMatch(argon2idProblem(text) ?? 'none', /hunter2|none/)
})

test('a long text that is no hash is looked at in a time that grows with its length', () => {
  // Counted in texts, not in seconds: a pattern that went back over what it has seen would never come to an end.
  for (const text of [
    `$argon2id$v=19$m=${'1'.repeat(1e6)}`,
    of('m=8,t=1,p=1', `$${'A'.repeat(1e6)}`),
    `$argon2id$${'$'.repeat(1e6)}`,
  ])
    assert.notEqual(argon2idProblem(text), undefined)
})
