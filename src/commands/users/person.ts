import type { Workbench } from '../../composition/workbench.ts'
import { ConfigError } from '../../config/config-error.ts'
import { problems } from '../../config/problems.ts'
import { USER_SCHEMA } from '../../config/schema.ts'
import { MOMENT, readMoment } from '../../protocol/moment.ts'
import { fold } from '../../users/names.ts'
import { holderOf } from '../../users/names-held.ts'
import { readPerson } from '../../users/person-changes.ts'
import type { PersonEntry, PersonRecord } from '../../users/person-record.ts'
import { registerUser } from '../../users/registration.ts'
import { NotFound, type Option, type Words } from '../action.ts'
import { nameValue } from '../name-value.ts'

/** What may be said of a person, as options. */
export const ABOUT: Readonly<Record<string, Option>> = {
  email: { value: 'address', summary: 'their email address; vouched for unless --unverified' },
  unverified: { summary: 'nobody vouches for the address: it finds nobody at the login' },
  name: { value: 'name', summary: 'the name that others see' },
  group: { value: 'group', summary: 'a group that they are in', repeated: true },
  role: { value: 'role', summary: 'a role that they have', repeated: true },
  set: {
    value: 'name=value',
    summary: 'any claim that the file may have, as given_name=Ada',
    repeated: true,
  },
  until: { value: 'moment', summary: 'when they are disabled by themselves, as 2027-12-31' },
}

/** The person of the store whom a user name, verified address or `sub` means. Throws `NotFound`, and `ConfigError` for one of the file. */
export async function personOf(bench: Workbench, who: string): Promise<PersonRecord> {
  const { file, store } = bench
  const found = (await holderOf(store, fold(who))) ?? (await readPerson(store, who))
  if (found !== undefined) return found
  if (file.hasName(fold(who)) || file.hasSub(who))
    throw new ConfigError(`${who} is in the configuration file; change them there`)
  throw new NotFound(`there is nobody called ${JSON.stringify(who)} in the store; users list has everybody`)
}

/** The `sub` of somebody, of the file or the store. Throws `NotFound`. */
export async function subOf(bench: Workbench, who: string): Promise<string> {
  const filed = bench.file.loginOf(who)?.user ?? bench.file.find(who)
  return filed?.sub ?? (await personOf(bench, who)).sub
}

/** What is said of a person by then: `entry` with what these options change. Throws `ConfigError`. */
export function entryWith(entry: PersonEntry, given: Words): PersonEntry {
  const [email, name] = [given.text('email'), given.text('name')]
  const [groups, roles] = [given.texts('group'), given.texts('role')]
  const next = {
    ...entry,
    ...(email !== undefined && { email, email_verified: !given.flag('unverified') }),
    ...(name !== undefined && { name }),
    ...(groups.length > 0 && { groups: [...groups] }),
    ...(roles.length > 0 && { roles: [...roles] }),
    ...Object.fromEntries(given.texts('set').map((text) => nameValue('set', text, RESERVED))),
  } as PersonEntry
  return checkedEntry(next)
}

/** The entry, if the rules allow it. Throws `ConfigError`, with the name of what is wrong. */
export function checkedEntry(entry: PersonEntry): PersonEntry {
  const [wrong] = problems(USER_SCHEMA, entry)
  if (wrong !== undefined) throw new ConfigError(`${wrong.path.slice(1) || 'the person'} ${wrong.problem}`)
  JSON.stringify(entry, (name, value) => {
    if (typeof value === 'string' && /\p{Cc}/u.test(value))
      throw new ConfigError(`${name} has a control character, such as a line break; leave it out`)
    return value
  })
  const fail = (field: string, problem: string): never => {
    throw new ConfigError(`${field} ${problem}`)
  }
  registerUser({ ...entry, password_hash: SAMPLE }, { demo: false, queue: undefined as never }, fail)
  return entry
}

const SAMPLE = `$2b$10$${'.'.repeat(53)}`

/** The moment that the option says, in seconds. Throws `ConfigError`. */
export function untilOf(given: Words): number | undefined {
  const text = given.text('until')
  if (text === undefined) return undefined
  const moment = readMoment(text)
  if (moment === undefined) throw new ConfigError(`--until must be ${MOMENT}`)
  return moment
}

const RESERVED = new Set(['username', 'password', 'password_hash', 'sub', 'disabled', 'since'])
