import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashArgon2id } from '../../src/passwords/argon2id.ts'
import { decoyOf } from '../../src/passwords/password-hash.ts'
import { Registry } from '../../src/registry/registry.ts'
import { Keys } from '../../src/secrets/keys.ts'
import type { Store } from '../../src/store/store.ts'
import { update } from '../../src/store/update.ts'
import { fold } from '../../src/users/names.ts'
import { holderOf } from '../../src/users/names-held.ts'
import {
  changePerson,
  createPerson,
  deletePerson,
  everyPerson,
  type PeopleContext,
  PersonRefused,
  readPerson,
  recountKinds,
} from '../../src/users/person-changes.ts'
import {
  makePersonLink,
  openPersonLink,
  type PersonLink,
  personOfLink,
  setPasswordByLink,
} from '../../src/users/person-link.ts'
import { namesOf, type PersonRecord, personId } from '../../src/users/person-record.ts'
import { onEachStore } from '../support/each-store.ts'
import { KEY } from '../support/server.ts'

const CALLERS = 50
const T = 1_900_000_000
const keys = new Keys([KEY])

interface Directory extends PeopleContext {
  clock: { now: number }
}

function directoryOf(store: Store, file: { names?: string[]; subs?: string[] } = {}): Directory {
  const { names = [], subs = [] } = file
  const clock = { now: T }
  return {
    store,
    registry: new Registry(store),
    file: { hasName: (name) => names.includes(name), hasSub: (sub) => subs.includes(sub) },
    now: () => clock.now,
    clock,
  }
}

/** What each of many callers got, each with a registry of its own as another node has. */
async function crowd<A>(store: Store, call: (people: Directory, caller: number) => Promise<A>) {
  return Promise.allSettled(Array.from({ length: CALLERS }, (_, caller) => call(directoryOf(store), caller)))
}

function won<A>(results: readonly PromiseSettledResult<A>[]): A[] {
  for (const result of results)
    if (result.status === 'rejected') assert.ok(result.reason instanceof PersonRefused, String(result.reason))
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

async function everybody({ store }: PeopleContext): Promise<string[]> {
  const found: string[] = []
  for await (const { entry } of everyPerson(store, T)) found.push(entry.username)
  return found.sort()
}

/** The store, which tells of a record before it is made. */
function beforeCreate(store: Store, tell: (kind: string) => Promise<void>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'create') return value.bind(target)
      return async (...parameters: unknown[]) => {
        await tell(String(parameters[0]))
        return value.apply(target, parameters)
      }
    },
  })
}

onEachStore('people', (open) => {
  const rule = (title: string, check: (people: Directory) => Promise<void>) =>
    test(title, async () => {
      const store = await open()
      try {
        await check(directoryOf(store))
      } finally {
        await store.close()
      }
    })

  rule(
    'of fifty who want one name in its spellings one gets it, and nothing is left of the others',
    async (people) => {
      const spellings = ['Ada', 'ada', ' ADA', 'ａｄａ', 'ada ']
      const made = won(
        await crowd(people.store, (one, at) =>
          createPerson(one, { entry: { username: spellings[at % spellings.length] as string } }),
        ),
      )
      assert.equal(made.length, 1)
      assert.equal((await everybody(people)).length, 1)
      assert.equal((await holderOf(people.store, 'ada'))?.sub, made[0]?.sub)
    },
  )

  rule(
    'of fifty who rename two people and make others, nobody is called what somebody else has',
    async (people) => {
      for (let round = 0; round < 6; round++) {
        const [one, two] = await Promise.all(
          ['one', 'two'].map((name) => createPerson(people, { entry: { username: `${name}${round}` } })),
        )
        const names = ['x', 'y', 'z'].map((name) => `${name}${round}`)
        won(
          await crowd<unknown>(people.store, (each, at) => {
            const entry = { username: names[at % 3] as string }
            if (at % 5 === 4) return createPerson(each, { entry })
            const email = `${names[(at + 1) % 3]}`
            const next = at % 2 ? entry : { ...entry, email, email_verified: true }
            const { sub } = (at % 4 < 2 ? one : two) as { sub: string }
            return changePerson(each, sub, (record) => ({ ...record, entry: next }))
          }),
        )
        for await (const { sub, entry } of everyPerson(people.store, T))
          for (const name of namesOf(entry))
            assert.equal((await holderOf(people.store, name))?.sub, sub, name)
      }
    },
  )

  rule('of fifty who want one sub one gets it', async (people) => {
    const made = won(
      await crowd(people.store, (one, at) =>
        createPerson(one, { entry: { username: `u${at}` }, sub: at % 2 ? 'S-1' : 's-1' }),
      ),
    )
    assert.equal(made.length, 1)
    assert.equal((await everybody(people)).length, 1)
    // The names of those who were refused are anybody's.
    for (let at = 0; at < CALLERS; at++)
      if (`u${at}` !== made[0]?.entry.username) await createPerson(people, { entry: { username: `u${at}` } })
  })

  rule(
    'a name, a verified address: whoever has one keeps it from being the other of somebody else',
    async (people) => {
      await createPerson(people, {
        entry: { username: 'ada', email: 'Ada@Example.com', email_verified: true },
      })
      const refused = (username: string, email?: string, email_verified?: boolean) =>
        assert.rejects(
          createPerson(people, {
            entry: { username, ...(email !== undefined && { email, email_verified }) },
          }),
          /is the name or address of somebody else/,
        )
      await refused('ADA@example.com')
      await refused('eve', 'ada@example.com', true)
      await refused('eve', 'ADA', true)
      await createPerson(people, {
        entry: { username: 'eve', email: 'ada@example.com', email_verified: false },
      })
      assert.equal((await holderOf(people.store, fold('ada@example.com')))?.entry.username, 'ada')
    },
  )

  rule('what the configuration file has nobody else gets', async ({ store }) => {
    const people = directoryOf(store, { names: ['root', 'root@example.com'], subs: ['u-1'] })
    await assert.rejects(createPerson(people, { entry: { username: 'ROOT' } }), /configuration file/)
    await assert.rejects(
      createPerson(people, { entry: { username: 'x', email: 'root@example.com', email_verified: true } }),
      /configuration file/,
    )
    await assert.rejects(createPerson(people, { entry: { username: 'x' }, sub: 'u-1' }), /configuration file/)
    const { sub } = await createPerson(people, { entry: { username: 'x' } })
    await assert.rejects(
      changePerson(people, sub, (record) => ({ ...record, entry: { username: 'Root' } })),
      /configuration file/,
    )
    assert.equal((await readPerson(store, sub))?.entry.username, 'x')
  })

  rule('a new name is taken and the old one anybody’s; a taken one changes nothing', async (people) => {
    const ada = await createPerson(people, { entry: { username: 'ada', groups: ['a'] } })
    await createPerson(people, { entry: { username: 'bob' } })
    const rename = (to: string) =>
      changePerson(people, ada.sub, (record) => ({ ...record, entry: { ...record.entry, username: to } }))
    await assert.rejects(rename('BOB'), PersonRefused)
    assert.deepEqual((await readPerson(people.store, ada.sub))?.names, ['ada'])
    assert.equal((await holderOf(people.store, 'ada'))?.sub, ada.sub)
    const lovelace = await rename('lovelace')
    assert.deepEqual([lovelace.sub, lovelace.names, lovelace.entry.groups], [ada.sub, ['lovelace'], ['a']])
    assert.equal(await holderOf(people.store, 'ada'), undefined)
    const next = await createPerson(people, { entry: { username: 'Ada' } })
    assert.equal((await holderOf(people.store, 'ada'))?.sub, next.sub)
  })

  rule(
    'fifty people who rename themselves to one name: one has it, all others keep theirs',
    async (people) => {
      const all = await Promise.all(
        Array.from({ length: CALLERS }, (_, at) => createPerson(people, { entry: { username: `u${at}` } })),
      )
      const renamed = won(
        await crowd(people.store, (one, at) =>
          changePerson(one, all[at]?.sub as string, (record) => ({ ...record, entry: { username: 'king' } })),
        ),
      )
      assert.equal(renamed.length, 1)
      assert.equal((await holderOf(people.store, 'king'))?.sub, renamed[0]?.sub)
      const names = await everybody(people)
      assert.equal(names.filter((name) => name === 'king').length, 1)
      assert.equal(new Set(names).size, CALLERS)
    },
  )

  rule(
    'fifty administrators who change one person each lose nothing of what the others did',
    async (people) => {
      const { sub } = await createPerson(people, { entry: { username: 'ada' } })
      const results = await crowd(people.store, (one, at) =>
        changePerson(one, sub, (record) => ({
          ...record,
          entry: { ...record.entry, groups: [...(record.entry.groups ?? []), `g${at}`] },
        })),
      )
      assert.equal(won(results).length, CALLERS)
      assert.equal((await readPerson(people.store, sub))?.entry.groups?.length, CALLERS)
    },
  )

  rule('a sub is never given again, nor its name kept, after a deletion', async (people) => {
    const { sub } = await createPerson(people, { entry: { username: 'ada' }, sub: 'u-7' })
    await deletePerson(people, sub)
    assert.equal(await readPerson(people.store, sub), undefined)
    assert.deepEqual(await everybody(people), [])
    await assert.rejects(createPerson(people, { entry: { username: 'x' }, sub: 'U-7' }), /never given again/)
    await assert.rejects(deletePerson(people, sub), /nobody with the sub/)
    const next = await createPerson(people, { entry: { username: 'ada' } })
    assert.notEqual(next.sub, sub)
  })

  rule('a name whose taker was lost on the way is taken by the next', async (people) => {
    // As a process that ended after the record, and after the name, but before what comes next.
    await createPerson(people, { entry: { username: 'ada' } })
    const ada = await holderOf(people.store, 'ada')
    await people.store.delete('person', personId(ada?.sub ?? ''))
    const made = won(await crowd(people.store, (one) => createPerson(one, { entry: { username: 'ada' } })))
    assert.equal(made.length, 1)
    assert.equal((await holderOf(people.store, 'ada'))?.sub, made[0]?.sub)
  })

  rule(
    'of fifty who open one link one chooses the password; guessed, replaced, old and used ones open nothing',
    async (people) => {
      const { sub } = await createPerson(people, { entry: { username: 'ada' } })
      const first = openPersonLink(keys, (await makePersonLink(people, keys, sub)) ?? '') as PersonLink
      const text = (await makePersonLink(people, keys, sub)) ?? ''
      const link = openPersonLink(keys, text) as PersonLink
      assert.equal(await personOfLink(people, first), undefined, 'a newer one took its place')
      assert.equal((await personOfLink(people, link))?.sub, sub)
      assert.equal(openPersonLink(keys, `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`), undefined)
      assert.equal(openPersonLink(new Keys(['another key of thirty-two bytes or more!']), text), undefined)
      const hashes = await Promise.all(
        Array.from({ length: CALLERS }, (_, at) =>
          hashArgon2id(`password ${at}`, { memory: 8, passes: 1, parallelism: 1 }),
        ),
      )
      const results = await crowd(people.store, (one, at) =>
        setPasswordByLink(one, link, hashes[at] as string),
      )
      const winners = won(results).flatMap((done, at) => (done ? [at] : []))
      assert.equal(winners.length, 1)
      assert.equal((await readPerson(people.store, sub))?.password_hash, hashes[winners[0] as number])
      assert.equal(await setPasswordByLink(people, link, hashes[0] as string), false)
      assert.equal(await personOfLink(people, link), undefined)
      const late = openPersonLink(keys, (await makePersonLink(people, keys, sub)) ?? '') as PersonLink
      people.clock.now += 1200
      assert.equal(await personOfLink(people, late), undefined)
      assert.equal(await setPasswordByLink(people, late, hashes[0] as string), false)
    },
  )

  rule('a kind of hash that nobody has any more is forgotten at a recount', async (people) => {
    const kinds = async () => [...(await people.registry.refresh()).hash_kinds].sort()
    const hash = (memory: number) => hashArgon2id('x', { memory, passes: 1, parallelism: 1 })
    const dear = await createPerson(people, { entry: { username: 'a' }, password_hash: await hash(16) })
    await createPerson(people, { entry: { username: 'b' }, password_hash: await hash(8) })
    assert.deepEqual(await kinds(), ['argon2id-16-1-1', 'argon2id-8-1-1'])
    await deletePerson(people, dear.sub)
    await recountKinds(people)
    assert.deepEqual(await kinds(), ['argon2id-8-1-1'])
  })

  rule(
    'a kind is known before anybody has it; one too many, and what is no hash, is refused without a trace',
    async (people) => {
      const kinds = async () => [...(await people.registry.refresh()).hash_kinds]
      const of = (memory: number) => decoyOf(`argon2id-${memory}-1-1`)
      const known: boolean[] = []
      const watching = beforeCreate(people.store, async (kind) => {
        if (kind === 'person') known.push((await kinds()).includes('argon2id-8-1-1'))
      })
      await createPerson(
        { ...people, store: watching },
        { entry: { username: 'first' }, password_hash: of(8) },
        { announce: false },
      )
      assert.deepEqual(known, [true])
      for (let memory = 9; memory < 24; memory++)
        await createPerson(people, { entry: { username: `p${memory}` }, password_hash: of(memory) })
      const before = await kinds()
      assert.equal(before.length, 16)
      for (const password_hash of [
        of(24),
        of(131_073),
        '$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2FsdA',
        'plain',
      ])
        await assert.rejects(
          createPerson(people, { entry: { username: 'late' }, password_hash }),
          /^PersonRefused: the hash /,
        )
      const { sub } = await createPerson(people, { entry: { username: 'late' }, password_hash: of(8) })
      await assert.rejects(
        changePerson(people, sub, (record) => ({ ...record, password_hash: of(24) })),
        /^PersonRefused: the hash has parameters of Argon2id that are too many/,
      )
      assert.equal((await readPerson(people.store, sub))?.password_hash, of(8))
      assert.deepEqual(await kinds(), before)
      // Who has one that would be refused now can still be disabled.
      const given = of(200_000)
      await update<PersonRecord, void>(
        people.store,
        { kind: 'person', id: personId(sub), now: 0 },
        (record) => ({
          next: { ...(record as PersonRecord), password_hash: given },
          answer: undefined,
        }),
      )
      assert.equal(
        (await changePerson(people, sub, (record) => ({ ...record, disabled: true }))).disabled,
        true,
      )
      // bcrypt has few costs, whose sum is bounded by itself.
      await createPerson(people, { entry: { username: 'old' }, password_hash: decoyOf('bcrypt-12') })
    },
  )

  rule(
    'whoever is added takes the place of the person whom an empty server made up, also the name',
    async (people) => {
      const made = won(
        await crowd(people.store, (one) => createPerson(one, { entry: { username: 'admin' }, first: true })),
      )
      assert.equal(made.length, 1)
      assert.equal((await people.registry.refresh()).first, made[0]?.sub)
      const admin = await createPerson(people, { entry: { username: 'admin' } })
      assert.deepEqual(await everybody(people), ['admin'])
      assert.notEqual(admin.sub, made[0]?.sub)
      assert.equal((await people.registry.refresh()).first, '')
    },
  )
})
