import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { mock, type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import type { UserEntry } from '../../src/config/schema.ts'
import { hashArgon2id } from '../../src/passwords/argon2id.ts'
import { decoyOf } from '../../src/passwords/password-hash.ts'
import { Busy, PasswordQueue } from '../../src/passwords/password-queue.ts'
import { formsOf } from '../../src/passwords/typed-password.ts'
import { directoryOfFile } from '../../src/users/directory.ts'
import { fileUsers } from '../../src/users/file-users.ts'
import { type Login, passwordCheck } from '../../src/users/password-check.ts'

const hashed = (cost: number) => `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`
const queueOf = () => new PasswordQueue({ concurrency: 1, limit: 64 })
const checkOf = (entries: UserEntry[]) => {
  const queue = queueOf()
  return passwordCheck(directoryOfFile(fileUsers(entries, { queue, demo: false })), queue)
}

/** Every hash that a comparison computes from now on: the password, and the algorithm with what it costs. */
function comparisons(t: TestContext): { password: string; kind: string }[] {
  const made: { password: string; kind: string }[] = []
  const compare = bcrypt.compare.bind(bcrypt) as (password: string, hash: string) => Promise<boolean>
  const counting = (password: string, hash: string) => {
    made.push({ password, kind: `bcrypt-${Number(hash.slice(4, 6))}` })
    return compare(password, hash)
  }
  const real = crypto.argon2
  const argon2: typeof crypto.argon2 = (algorithm, parameters, callback) => {
    const { message, memory, passes, parallelism } = parameters
    made.push({ password: String(message), kind: `${algorithm}-${memory}-${passes}-${parallelism}` })
    real(algorithm, parameters, callback)
  }
  const mocked = [
    mock.method(bcrypt, 'compare', counting as typeof bcrypt.compare),
    mock.method(crypto, 'argon2', argon2),
  ]
  syncBuiltinESMExports()
  t.after(() => {
    for (const one of mocked) one.mock.restore()
    syncBuiltinESMExports()
  })
  return made
}

const SMALL = { memory: 8, passes: 1, parallelism: 1 }
const LARGER = { memory: 64, passes: 2, parallelism: 2 }

test('a hash by the name that htpasswd and PHP give it works, and costs what it says', async () => {
  const password_hash = (await bcrypt.hash('password', 4)).replace('$2b$', '$2y$')
  const check = checkOf([{ username: 'php', password_hash }])
  assert.equal((await check('php', 'password'))?.username, 'php')
  assert.equal(await check('php', 'other'), undefined)
})

test('nobody, a wrong and a right password, a disabled person: the same work, one hash of each kind and cost', async (t) => {
  const made = comparisons(t)
  const check = checkOf([
    { username: 'cheap', password_hash: await bcrypt.hash('right', 4) },
    { username: 'rare', password_hash: await bcrypt.hash('right', 6) },
    { username: 'other', password_hash: hashed(4) },
    { username: 'gone', password_hash: await bcrypt.hash('right', 5), disabled: true },
    { username: 'new', password_hash: await hashArgon2id('right', SMALL) },
    { username: 'newer', password_hash: await hashArgon2id('right', LARGER) },
    { username: 'same', password_hash: await hashArgon2id('right', LARGER) },
  ])
  for (const username of ['cheap', 'rare', 'other', 'gone', 'new', 'newer', 'same', 'nobody', '', 'CHEAP ']) {
    for (const password of [
      'right',
      'wrong',
      '',
      'x'.repeat(73),
      'a\0b',
      'x'.repeat(1001),
      'y'.repeat(60_000),
    ]) {
      made.length = 0
      await check(username, password)
      assert.deepEqual(
        made.map(({ kind }) => kind),
        ['bcrypt-4', 'bcrypt-6', 'bcrypt-5', 'argon2id-8-1-1', 'argon2id-64-2-2'],
        `${username}, ${password.slice(0, 10)}`,
      )
    }
  }
  for (const username of ['new', 'newer', 'same'])
    assert.equal((await check(username, 'right'))?.sub, username)
  assert.equal((await check('rare', 'right'))?.sub, 'rare')
  assert.equal((await check('cheap', 'right'))?.sub, 'cheap')
  assert.equal(await check('gone', 'right'), undefined)
})

test('without anybody in the file a guess costs what it costs in the demo', async (t) => {
  const made = comparisons(t)
  await checkOf([])('nobody', 'x')
  assert.deepEqual(made, [{ password: 'x', kind: 'bcrypt-10' }])
})

test('whoever has no password yet costs what nobody costs, and no password is theirs', async (t) => {
  const file = fileUsers([{ username: 'ada', password_hash: await hashArgon2id('right', SMALL) }], {
    queue: queueOf(),
    demo: false,
  })
  const { user } = file.loginOf('ada') as Login
  const invited: Login = { user, kind: undefined, passwordHash: async () => decoyOf('bcrypt-10') }
  const directory = directoryOfFile(file)
  const check = passwordCheck(
    {
      ...directory,
      loginOf: async (username) => (username === 'invited' ? invited : directory.loginOf(username)),
    },
    queueOf(),
  )
  const made = comparisons(t)
  for (const username of ['invited', 'nobody', 'ada']) {
    made.length = 0
    assert.equal((await check(username, 'right'))?.username, username === 'ada' ? 'ada' : undefined)
    assert.deepEqual(made, [{ password: 'right', kind: 'argon2id-8-1-1' }], username)
  }
})

const COMPOSED = 'Pässwörd-é-1'.normalize('NFC')
const DECOMPOSED = COMPOSED.normalize('NFD')
const MIXED = `${DECOMPOSED.slice(0, 4)}${COMPOSED.slice(3)}`

test('SP 800-63B-4 §3.1.1.2: a password works in the form that the keyboard sends, whichever form was hashed', async () => {
  assert.notEqual(COMPOSED, MIXED)
  for (const [form, password_hash] of await Promise.all(
    [COMPOSED, DECOMPOSED, MIXED].flatMap((form) => [
      bcrypt.hash(form, 4).then((hash) => [form, hash] as const),
      hashArgon2id(form, SMALL).then((hash) => [form, hash] as const),
    ]),
  )) {
    const check = checkOf([{ username: 'ada', password_hash }])
    const typed = form === MIXED ? [MIXED] : [COMPOSED, DECOMPOSED, MIXED]
    for (const one of typed) assert.equal((await check('ada', one))?.sub, 'ada')
    // Compatible is not the same: NFKC would make it so.
    for (const one of ['Password-e-1', COMPOSED.replace('1', '¹'), `${COMPOSED} `, COMPOSED.toLowerCase()])
      assert.equal(await check('ada', one), undefined, one)
  }
})

test('how often a password is tried depends on its text alone, never on the account', async (t) => {
  const entries = [COMPOSED, DECOMPOSED, 'ascii'].map(async (password, at) => {
    return { username: `u${at}`, password_hash: await bcrypt.hash(password, 4) }
  })
  const check = checkOf(await Promise.all(entries))
  const made = comparisons(t)
  for (const [password, tries] of [
    [COMPOSED, 2],
    [DECOMPOSED, 2],
    [MIXED, 3],
    ['ascii', 1],
    ['日本語', 1],
    // Over 72 bytes as it is typed, or only decomposed, or in every form.
    ['ä'.repeat(30).normalize('NFD'), 2],
    ['ä'.repeat(30), 2],
    ['ä'.repeat(40), 2],
  ] as const) {
    for (const username of ['u0', 'u1', 'u2', 'nobody']) {
      made.length = 0
      await check(username, password)
      assert.equal(made.length, tries, `${username}, ${password}`)
    }
  }
})

test('of a form that bcrypt would not take whole only the others are tried', async () => {
  // 60 bytes composed, 90 decomposed.
  const composed = 'ä'.repeat(30)
  const check = checkOf([
    { username: 'ada', password_hash: await bcrypt.hash(composed, 4) },
    // Cut by the program that made it.
    { username: 'cut', password_hash: await bcrypt.hash(composed.normalize('NFD'), 4) },
    { username: 'x', password_hash: await bcrypt.hash('x', 4) },
  ])
  assert.equal((await check('ada', composed.normalize('NFD')))?.sub, 'ada')
  assert.equal((await check('ada', composed))?.sub, 'ada')
  assert.equal(await check('cut', composed), undefined)
  assert.equal(await check('cut', composed.normalize('NFD')), undefined)
  assert.equal(await check('x', composed.normalize('NFD')), undefined)
})

test('a text that takes long to normalize is not normalized', () => {
  const marks = `a${'\u0316\u0301'.repeat(30_000)}`
  assert.deepEqual(formsOf(marks), [marks])
  assert.deepEqual(formsOf('e\u0301'.repeat(36)), ['e\u0301'.repeat(36), '\u00e9'.repeat(36)])
})

test("the demo's password can be tried again after a full queue", async () => {
  const queue = new PasswordQueue({ concurrency: 1, limit: 0 })
  const users = directoryOfFile(fileUsers([{ username: 'admin', password: 'admin' }], { queue, demo: true }))
  const check = passwordCheck(users, queue)
  const other = check('nobody', 'x')
  await assert.rejects(check('admin', 'admin'), Busy)
  await other
  assert.equal((await check('admin', 'admin'))?.sub, 'admin')
})
