import { everyPerson, readPerson } from '../../users/person-changes.ts'
import type { PersonRecord } from '../../users/person-record.ts'
import type { User } from '../../users/user.ts'
import type { Action } from '../action.ts'
import { moment } from '../output.ts'
import { withWorkbench } from '../with-workbench.ts'
import { personOf, subOf } from './person.ts'

interface Row {
  username: string
  sub: string
  email: string | undefined
  groups: readonly string[]
  state: string
  from: 'file' | 'store'
}

export const list: Action = {
  summary: 'everybody, of the file and of the store',
  takes: '',
  options: { group: { value: 'group', summary: 'only who is in it' } },
  examples: ['users list', 'users list --group staff --json'],
  async run({ text }, output) {
    await withWorkbench(async ({ bench }) => {
      const { file, store, now } = bench
      const rows: Row[] = [...file.subs].flatMap((sub) => filed(file.find(sub)))
      for await (const record of everyPerson(store, now())) {
        rows.push(stored(record, file.hasName, now()))
        output.progress(`${rows.length} people`)
      }
      output.progress('')
      const group = text('group')
      const wanted = group === undefined ? rows : rows.filter(({ groups }) => groups.includes(group))
      wanted.sort((one, other) => one.username.localeCompare(other.username))
      output.rows(wanted, {
        username: ({ username }) => username,
        sub: ({ sub }) => sub,
        email: ({ email }) => email,
        groups: ({ groups }) => groups,
        state: ({ state }) => state,
        from: ({ from }) => from,
      })
    })
  },
}

export const show: Action = {
  summary: 'what is said of a person of the store, and what they have',
  takes: '<user>',
  examples: ['users show ada'],
  async run({ words: [who = ''] }, output) {
    await withWorkbench(async ({ bench }) => {
      const { file, sessions, grants, consents, now } = bench
      const record = await personOf(bench, who)
      const { sub } = record
      const [live, given, approved] = await Promise.all([
        sessions.ofSubject(sub, now()),
        grants.ofSubject(sub, now()),
        consents.ofSubject(sub, now()),
      ])
      output.fields({
        ...{ sub, ...record.entry, state: stored(record, file.hasName, now()).state },
        ...{ until: moment(record.until), since: moment(record.since) },
        ...{ sessions: live.length, grants: given.length, consents: approved.length },
      })
    })
  },
}

export const exportUser: Action = {
  summary: 'all that is kept of a person, as one JSON document: nothing in it opens anything',
  takes: '<user>',
  examples: ['users export ada > ada.json'],
  async run({ words: [who = ''] }) {
    await withWorkbench(async ({ bench, note }) => {
      const { store, sessions, grants, consents, now } = bench
      const sub = await subOf(bench, who)
      const record = await readPerson(store, sub)
      const {
        password_hash: _hash,
        link: _link,
        revision: _revision,
        ...person
      } = record ?? ({} as PersonRecord)
      const kept = {
        person: record === undefined ? 'in the configuration file' : person,
        // Without what a cookie or token is made of: the ids of records.
        sessions: (await sessions.ofSubject(sub, now())).map(
          ({ session: { revision: _, proofs: __, browser: ___, ...session } }) => session,
        ),
        grants: (await grants.ofSubject(sub, now())).map(({ grant: { revision: _, ...grant } }) => grant),
        consents: (await consents.ofSubject(sub, now())).map(({ revision: _, ...consent }) => consent),
      }
      note('users export', { sub })
      process.stdout.write(`${JSON.stringify(kept, null, 2)}\n`)
    })
  },
}

function filed(user: User | undefined): Row[] {
  if (user === undefined) return []
  const { username, sub, claims, groups, disabled } = user
  return [
    { username, sub, email: claims.email, groups, state: disabled ? 'disabled' : 'active', from: 'file' },
  ]
}

function stored(record: PersonRecord, isTaken: (name: string) => boolean, now: number): Row {
  const { entry, sub } = record
  const { username, email, groups = [] } = entry
  return { username, sub, email, groups, state: stateOf(record, isTaken, now), from: 'store' }
}

function stateOf(record: PersonRecord, isTaken: (name: string) => boolean, now: number): string {
  if (record.adopted) return 'adopted by the file'
  if (record.names.some(isTaken)) return 'set aside'
  if (record.disabled) return 'disabled'
  if (record.until !== undefined && record.until <= now) return 'ended'
  return record.password_hash === undefined ? 'no password' : 'active'
}
