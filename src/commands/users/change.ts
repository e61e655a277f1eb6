import { CHOOSE_PASSWORD } from '../../endpoints/choose-password.ts'
import { isRare } from '../../passwords/password-hash.ts'
import { changePerson, createPerson, recountKinds } from '../../users/person-changes.ts'
import { makePersonLink, withPassword } from '../../users/person-link.ts'
import type { Action } from '../action.ts'
import { moment } from '../output.ts'
import { occasion } from '../run-by.ts'
import { type Beside, withWorkbench } from '../with-workbench.ts'
import { askPassword, askPasswordHash } from './ask-password.ts'
import { ABOUT, entryWith, personOf, untilOf } from './person.ts'

export const add: Action = {
  summary: 'makes a person, and prints the link by which they choose a password',
  takes: '<username>',
  options: {
    ...ABOUT,
    sub: { value: 'sub', summary: 'who they are to applications; random without it' },
    password: { summary: 'asks for the password instead of making a link' },
    'password-hash': { summary: 'asks for a hash that is brought along instead' },
    'no-link': { summary: 'makes no link: users link makes one later' },
  },
  examples: [
    'users add ada --email ada@example.com --group staff',
    'users add ada --password < password.txt',
    'users add --json ada',
  ],
  async run(given, output) {
    const [username = ''] = given.words
    await withWorkbench(async (beside) => {
      const { bench, note } = beside
      const entry = entryWith({ username }, given)
      const until = untilOf(given)
      const password_hash = given.flag('password')
        ? await askPassword(bench.queues.people)
        : given.flag('password-hash')
          ? await askPasswordHash()
          : undefined
      const sub = given.text('sub')
      const person = await createPerson(bench.people, { entry, sub, until, password_hash })
      note('users add', { sub: person.sub })
      const wanted = password_hash === undefined && !given.flag('no-link')
      const url = wanted ? await linkOf(beside, person.sub) : undefined
      if (output.json) return output.fields({ username, sub: person.sub, ...(url && { link: url }) })
      output.say(`${username} is there, with the sub ${person.sub}.`)
      if (url !== undefined)
        output.say(`Within 20 minutes this link lets them choose a password, once:\n${url}`)
    })
  },
}

export const set: Action = {
  summary: 'changes what is said of a person',
  takes: '<user>',
  options: ABOUT,
  examples: [
    'users set ada --email ada@example.org',
    'users set ada --group staff --group admins --until 2027-12-31',
  ],
  async run({ words: [who = ''], ...given }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const { sub } = await personOf(bench, who)
      const until = untilOf({ words: [], ...given })
      const { entry } = await changePerson(bench.people, sub, (record) => ({
        ...record,
        entry: entryWith(record.entry, { words: [], ...given }),
        ...(until !== undefined && { until }),
      }))
      note('users set', { sub })
      output.fields({ sub, ...entry, until: moment(until) })
    })
  },
}

export const rename: Action = {
  summary: 'gives a person another user name; to applications they stay who they are',
  takes: '<user> <username>',
  examples: ['users rename ada lovelace'],
  async run({ words: [who = '', username = ''], ...given }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const { sub } = await personOf(bench, who)
      await changePerson(bench.people, sub, (record) => ({
        ...record,
        entry: entryWith({ ...record.entry, username }, { words: [], ...given }),
      }))
      note('users rename', { sub })
      output.json ? output.fields({ sub, username }) : output.say(`They are ${username} now.`)
    })
  },
}

export const setPassword: Action = {
  summary: 'asks for a new password of a person, and ends their sessions',
  takes: '<user>',
  options: { hash: { summary: 'asks for a hash that is brought along instead' } },
  examples: ['users set-password ada', 'users set-password ada < password.txt'],
  async run({ words: [who = ''], flag }, output) {
    await withWorkbench(async ({ bench, note }) => {
      const { sub, password_hash } = await personOf(bench, who)
      const hash = flag('hash') ? await askPasswordHash() : await askPassword(bench.queues.people)
      await changePerson(bench.people, sub, (record) => withPassword(record, hash))
      if (isRare(password_hash)) await recountKinds(bench.people)
      const { events } = await bench.sessionEnd.endAllOf(sub, { grants: false, now: bench.now() })
      note('users set-password', { sub })
      bench.journal.record(occasion, [{ event: 'password_set', sub, reason: 'by a command' }, ...events])
      output.json
        ? output.fields({ sub })
        : output.say(`The password is set, and the sessions of ${who} have ended.`)
    })
  },
}

export const link: Action = {
  summary: 'prints a link by which a person chooses a password: once, within 20 minutes',
  takes: '<user>',
  examples: ['users link ada'],
  async run({ words: [who = ''] }, output) {
    await withWorkbench(async (beside) => {
      const { sub } = await personOf(beside.bench, who)
      const url = await linkOf(beside, sub)
      beside.note('users link', { sub })
      output.json ? output.fields({ sub, link: url }) : output.say(url)
    })
  },
}

async function linkOf({ bench, config }: Beside, sub: string): Promise<string> {
  const text = await makePersonLink(bench.people, bench.keys, sub)
  return `${config.issuer}${CHOOSE_PASSWORD}?link=${text}`
}
