import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserEntry } from '../../src/config/schema.ts'
import { PasswordQueue } from '../../src/passwords/password-queue.ts'
import { directoryOfFile } from '../../src/users/directory.ts'
import { fileUsers } from '../../src/users/file-users.ts'

const hashed = (cost: number) => `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`
const queue = new PasswordQueue({ concurrency: 1, limit: 64 })
const usersOf = (entries: UserEntry[], demo = false) => directoryOfFile(fileUsers(entries, { queue, demo }))

test('a user name is found trimmed, composed, and in any capitals; the exact one first', async () => {
  const users = usersOf(
    ['Jürgen', 'ADA', 'ada', 'ﬁn', ' spaced ', 'Zoe\u0308', 'İd'].map((username, at) => ({
      username,
      sub: `u${at}`,
      password_hash: hashed(4),
    })),
  )
  const found = async (typed: string) => (await users.named(typed))?.sub
  for (const typed of ['Jürgen', 'jürgen', 'JÜRGEN', ' Jürgen\t', 'Jürgen'.normalize('NFD'), 'Ｊürgen\u3000'])
    assert.equal(await found(typed), 'u0', typed)
  assert.equal(await found('ADA'), 'u1')
  assert.equal(await found('ada'), 'u2')
  assert.equal(await found(' ADA'), 'u1')
  assert.equal(await found('Ada'), undefined, 'two fold to it')
  for (const typed of ['fin', 'FIN', 'ﬁn', 'ﬁN']) assert.equal(await found(typed), 'u3', typed)
  for (const typed of ['spaced', ' spaced ', 'Spaced ']) assert.equal(await found(typed), 'u4', typed)
  for (const typed of ['zoë', 'ZOË', 'Zoe\u0308']) assert.equal(await found(typed), 'u5', typed)
  for (const typed of ['i\u0307d', 'İD']) assert.equal(await found(typed), 'u6', typed)
  for (const typed of ['Jurgen', 'jürgenx', '', ' ', '__proto__', 'ad a', 'id'])
    assert.equal(await found(typed), undefined, typed)
})

test('a name is listed twice only if it is written alike, as it was before names were folded', () => {
  const one = (username: string, sub: string) => ({ username, sub, password_hash: hashed(4) })
  assert.throws(
    () => usersOf([one('ada', 'a'), one('ada', 'b')]),
    /\/users\/1\/username \(user ada\): is listed twice/,
  )
  assert.throws(
    () => usersOf([one('ada', 'a'), one('bob', 'a')]),
    /\/users\/1\/sub \(user bob\): a is listed twice/,
  )
  usersOf([one('ada', 'a'), one('Ada', 'b'), one('ada ', 'c')])
})

test('a person has a hash; a password in clear is for the demo', () => {
  const clear = { username: 'ada', password: 'x' }
  usersOf([clear], true)
  const cases: [UserEntry, boolean, RegExp][] = [
    [
      clear,
      false,
      /^ConfigError: \/users\/0\/password \(user ada\): is for the demo only; use password_hash/,
    ],
    [{ username: 'ada' }, false, /\/users\/0\/password_hash \(user ada\): is missing; make one with/],
    [
      { ...clear, password_hash: hashed(4) },
      true,
      /\/password_hash \(user ada\): give one of it and password, not both$/,
    ],
    [{ ...clear, password: 'x'.repeat(73) }, true, /\/password \(user ada\): must have 1 to 72 bytes/],
  ]
  for (const [entry, demo, expected] of cases) assert.throws(() => usersOf([entry], demo), expected)
})

test('a verified email address finds its person, if exactly one has it and it is no user name', async () => {
  const one = (username: string, about: Partial<UserEntry>) => ({
    username,
    sub: username,
    password_hash: hashed(4),
    ...about,
  })
  const users = usersOf([
    one('ada', { email: 'Ada@Example.com' }),
    one('bob', { email: 'bob@example.com', email_verified: false }),
    one('cy', { email: 'shared@example.com' }),
    one('di', { email: 'SHARED@example.com' }),
    one('eve', { email: 'fay@example.com' }),
    one('fay@example.com', { email: 'fay@other.com' }),
    one('Gil@example.com', {}),
    one('gil@example.com', {}),
    one('hal', { email: 'GIL@example.com' }),
  ])
  const found = async (typed: string) => (await users.named(typed))?.username
  for (const typed of ['ada@example.com', ' ADA@EXAMPLE.COM ', 'Ada@Example.com'])
    assert.equal(await found(typed), 'ada', typed)
  assert.equal((await users.loginOf('ada@example.com'))?.user.username, 'ada')
  assert.equal(await found('bob@example.com'), undefined, 'not verified')
  assert.equal(await found('shared@example.com'), undefined, 'two have it')
  assert.equal(await found('fay@example.com'), 'fay@example.com', "somebody's user name")
  assert.equal(
    await found('GIL@example.com'),
    undefined,
    'a user name that two people share is no address either',
  )
})
