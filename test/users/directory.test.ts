import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PasswordQueue } from '../../src/passwords/password-queue.ts'
import { Registry } from '../../src/registry/registry.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { directoryOf } from '../../src/users/directory.ts'
import { fileUsers } from '../../src/users/file-users.ts'
import { type Login, passwordCheck } from '../../src/users/password-check.ts'

const rules = { queue: new PasswordQueue({ concurrency: 1, limit: 1 }), demo: false }
const password_hash = `$2b$04$${'a'.repeat(53)}`
const peopleOf = (...entries: { username: string; sub: string }[]) =>
  fileUsers(
    entries.map((entry) => ({ ...entry, password_hash })),
    rules,
  )

test('a stored person with the sub of somebody in the file cannot log in by another name and go on as them', async () => {
  const inStore = peopleOf({ username: 'eve', sub: 'u-1' }, { username: 'bob', sub: 'u-2' })
  const file = peopleOf({ username: 'ada', sub: 'u-1' })
  const directory = directoryOf({
    registry: new Registry(new MemoryStore()),
    fileAt: () => file,
    stored: {
      find: (sub) => inStore.find(sub),
      loginOf: async (username): Promise<Login | undefined> => inStore.loginOf(username),
    },
    isShared: () => false,
  })
  assert.equal(await directory.loginOf('eve'), undefined)
  assert.equal(await directory.named('eve'), undefined)
  assert.equal((await directory.loginOf('ada'))?.user.username, 'ada')
  assert.equal((await directory.loginOf('bob'))?.user.sub, 'u-2')
})

test("kinds of hashes that cannot be verified here, as a later release may write, are nobody's work", async () => {
  const registry = new Registry(new MemoryStore())
  const hash_kinds = ['scrypt-17', 'bcrypt-NaN', 'argon2id-0-0-0', 'argon2id-19456-2-1']
  await registry.change(() => ({ hash_kinds }))
  const nobody = peopleOf()
  const directory = directoryOf({
    ...{ registry, fileAt: () => nobody, isShared: () => false },
    stored: { find: () => undefined, loginOf: async () => undefined },
  })
  assert.deepEqual(await directory.kinds(), ['argon2id-19456-2-1'])
  assert.equal(await passwordCheck(directory, rules.queue)('nobody', 'x'), undefined)
})
