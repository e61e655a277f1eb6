import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import type { UserEntry } from '../../src/config/schema.ts'
import { Busy, PasswordQueue } from '../../src/passwords/password-queue.ts'
import { formsOf } from '../../src/passwords/typed-password.ts'
import { directoryOfFile } from '../../src/users/directory.ts'
import { fileUsers } from '../../src/users/file-users.ts'
import { passwordCheck } from '../../src/users/password-check.ts'

const hashed = (cost: number) => `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`
const queueOf = () => new PasswordQueue({ concurrency: 1, limit: 64 })
const checkOf = (entries: UserEntry[]) => {
  const queue = queueOf()
  return passwordCheck(directoryOfFile(fileUsers(entries, { queue, demo: false })), queue)
}

/** Every comparison that bcrypt makes from now on: the password, and the cost of the hash. */
function comparisons(t: TestContext): { password: string; cost: number }[] {
  const made: { password: string; cost: number }[] = []
  const compare = bcrypt.compare.bind(bcrypt) as (password: string, hash: string) => Promise<boolean>
  const counting = (password: string, hash: string) => {
    made.push({ password, cost: Number(hash.slice(4, 6)) })
    return compare(password, hash)
  }
  const mocked = mock.method(bcrypt, 'compare', counting as typeof bcrypt.compare)
  t.after(() => mocked.mock.restore())
  return made
}

test('a hash by the name that htpasswd and PHP give it works, and costs what it says', async () => {
  const password_hash = (await bcrypt.hash('password', 4)).replace('$2b$', '$2y$')
  const check = checkOf([{ username: 'php', password_hash }])
  assert.equal((await check('php', 'password'))?.username, 'php')
  assert.equal(await check('php', 'other'), undefined)
})

test('nobody, a wrong and a right password, a disabled person: the same work, always that of the dearest cost', async (t) => {
  const made = comparisons(t)
  const check = checkOf([
    { username: 'cheap', password_hash: await bcrypt.hash('right', 4) },
    { username: 'rare', password_hash: await bcrypt.hash('right', 6) },
    { username: 'other', password_hash: hashed(4) },
    { username: 'gone', password_hash: await bcrypt.hash('right', 5), disabled: true },
  ])
  for (const username of ['cheap', 'rare', 'other', 'gone', 'nobody', '', 'CHEAP ']) {
    for (const password of ['right', 'wrong', '', 'x'.repeat(73), 'a\0b', 'y'.repeat(60_000)]) {
      made.length = 0
      await check(username, password)
      assert.deepEqual(
        made.map(({ cost }) => cost),
        [4, 6, 5],
        `${username}, ${password.slice(0, 10)}`,
      )
    }
  }
  assert.equal((await check('rare', 'right'))?.sub, 'rare')
  assert.equal((await check('cheap', 'right'))?.sub, 'cheap')
  assert.equal(await check('gone', 'right'), undefined)
})

test('without anybody in the file a guess costs what it costs in the demo', async (t) => {
  const made = comparisons(t)
  await checkOf([])('nobody', 'x')
  assert.deepEqual(made, [{ password: 'x', cost: 10 }])
})

const COMPOSED = 'Pässwörd-é-1'.normalize('NFC')
const DECOMPOSED = COMPOSED.normalize('NFD')
const MIXED = `${DECOMPOSED.slice(0, 4)}${COMPOSED.slice(3)}`

test('SP 800-63B-4 §3.1.1.2: a password works in the form that the keyboard sends, whichever form was hashed', async () => {
  assert.notEqual(COMPOSED, MIXED)
  for (const form of [COMPOSED, DECOMPOSED, MIXED]) {
    const check = checkOf([{ username: 'ada', password_hash: await bcrypt.hash(form, 4) }])
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
