import type { Workbench } from '../composition/workbench.ts'
import { ConfigError } from '../config/config-error.ts'
import { problems } from '../config/problems.ts'
import { GROUP_SCHEMA, type GroupEntry } from '../config/schema.ts'
import { groupsOf } from '../users/groups.ts'
import { changePerson, everyPerson } from '../users/person-changes.ts'
import type { PersonRecord } from '../users/person-record.ts'
import { type Action, NotFound, WrongUse } from './action.ts'
import { nameValue } from './name-value.ts'
import { checkedEntry, personOf } from './users/person.ts'
import { withWorkbench } from './with-workbench.ts'

const list: Action = {
  summary: 'every group that is described or has somebody in it',
  takes: '',
  examples: ['groups list'],
  async run(_given, output) {
    await withWorkbench(async ({ bench, config }) => {
      const { groups: stored } = await bench.people.registry.refresh()
      const filed = config.entries.groups ?? {}
      const members = await membersOf(bench)
      const names = new Set([...Object.keys(filed), ...Object.keys(stored), ...members.keys()])
      const rows = [...names].sort().map((name) => {
        const entry = filed[name] ?? stored[name]
        const group = typeof entry === 'string' ? { sentence: entry } : (entry ?? {})
        const from = Object.hasOwn(filed, name) ? 'file' : Object.hasOwn(stored, name) ? 'store' : 'nowhere'
        return { name, ...group, members: members.get(name) ?? [], described: from }
      })
      output.rows(rows, {
        group: (row) => row.name,
        sentence: (row) => row.sentence,
        claims: (row) => row.claims,
        members: (row) => row.members,
        described: (row) => row.described,
      })
    })
  },
}

const set: Action = {
  summary: 'describes a group: what people read of it, and what its members are said to have',
  takes: '<group>',
  options: {
    sentence: { value: 'text', summary: 'what people read of it' },
    claim: { value: 'name=value', summary: 'a claim of its members; JSON, or text', repeated: true },
  },
  examples: ['groups set staff --sentence "Everybody who works here" --claim quota=20'],
  async run({ words: [name = ''], text, texts }, output) {
    await withWorkbench(async ({ bench, config, note }) => {
      if (Object.hasOwn(config.entries.groups ?? {}, name))
        throw new ConfigError(`the group ${name} is in the configuration file; change it there`)
      const sentence = text('sentence')
      const claims = Object.fromEntries(texts('claim').map((one) => nameValue('claim', one)))
      const group: GroupEntry = {
        ...(sentence !== undefined && { sentence }),
        ...(Object.keys(claims).length > 0 && { claims }),
      }
      const [wrong] = problems(GROUP_SCHEMA, group)
      if (wrong !== undefined) throw new ConfigError(`${wrong.path.slice(1) || 'the group'} ${wrong.problem}`)
      groupsOf({ [name]: group })
      await bench.people.registry.change(({ groups }) => ({ groups: { ...groups, [name]: group } }))
      note('groups set')
      output.fields({ name, ...group })
    })
  },
}

const remove: Action = {
  summary: 'forgets how a group is described; its members stay in it',
  takes: '<group>',
  examples: ['groups delete staff'],
  async run({ words: [name = ''] }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const registry = bench.people.registry
      if (!Object.hasOwn((await registry.refresh()).groups, name))
        throw new NotFound(`the store has no group ${name}`)
      await registry.change(({ groups: { [name]: _, ...groups } }) => ({ groups }))
      note('groups delete')
      output.json ? output.fields({ name, deleted: true }) : output.say(`${name} is described no more.`)
    })
  },
}

const addMembers: Action = {
  summary: 'puts people of the store into a group',
  takes: '<group> <user>…',
  examples: ['groups add staff ada bob'],
  run: ({ words: [name = '', ...people] }, output) =>
    changeMembers(name, people, output, (groups) => [...new Set([...groups, name])]),
}

const removeMembers: Action = {
  summary: 'takes people of the store out of a group',
  takes: '<group> <user>…',
  examples: ['groups remove staff bob'],
  run: ({ words: [name = '', ...people] }, output) =>
    changeMembers(name, people, output, (groups) => groups.filter((group) => group !== name)),
}

/** What can be done with groups. */
export const GROUPS: Readonly<Record<string, Action>> = {
  list,
  set,
  delete: remove,
  add: addMembers,
  remove: removeMembers,
}

async function changeMembers(
  name: string,
  people: readonly string[],
  output: Parameters<Action['run']>[1],
  change: (groups: readonly string[]) => string[],
): Promise<void> {
  if (people.length === 0) throw new WrongUse('name at least one person')
  await withWorkbench(async ({ bench, note }) => {
    // All of them before any is changed: a slip in the last name changes nothing.
    const found = await Promise.all(people.map((who) => personOf(bench, who)))
    for (const { sub } of found) {
      const changed = (record: PersonRecord): PersonRecord => ({
        ...record,
        entry: checkedEntry({ ...record.entry, groups: change(record.entry.groups ?? []) }),
      })
      await changePerson(bench.people, sub, changed)
      note('groups', { sub })
    }
    output.json ? output.fields({ name, people }) : output.say(`Changed: ${people.join(', ')}.`)
  })
}

async function membersOf(bench: Workbench): Promise<Map<string, string[]>> {
  const members = new Map<string, string[]>()
  const note = (username: string, groups: readonly string[]) => {
    for (const group of groups) members.set(group, [...(members.get(group) ?? []), username])
  }
  const { file } = bench
  for (const sub of file.subs) {
    const user = file.find(sub)
    if (user !== undefined) note(user.username, user.groups)
  }
  for await (const { entry } of everyPerson(bench.store, bench.now()))
    note(entry.username, entry.groups ?? [])
  return members
}
