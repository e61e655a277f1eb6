import { ConfigError } from '../config/config-error.ts'
import { CachedRecords } from '../registry/cached-records.ts'
import type { Known, Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import type { Groups } from './groups.ts'
import { fold } from './names.ts'
import { holderOf } from './names-held.ts'
import type { Login } from './password-check.ts'
import { type FormerPerson, isPerson, type PersonRecord, personId } from './person-record.ts'
import { NO_PASSWORD, registerUser, type UserRules } from './registration.ts'
import type { User } from './user.ts'

/** The people who were made while the server ran. */
export interface StoredUsers {
  /** At once, if it is known. A disabled person is found. Throws `StoreUnavailable`. */
  find(sub: string): User | undefined | Promise<User | undefined>
  /** Whom this name or verified address means. The same questions to the store for every name. Throws `StoreUnavailable`. */
  loginOf(username: string): Promise<Login | undefined>
}

/** A person, and when they are to be taken as disabled. */
interface Made {
  login: Login
  disabled: Login
  until: number
}

/**
 * People in the store. `isAside`: whether the configuration file has one of the names by now; that person counts, and the one
 * here is nobody until somebody decides. `groupsAt`: what groups mean in this state. `report` hears of records that cannot be
 * served as the rules are now.
 */
export function storedUsers(context: {
  store: Store
  registry: Registry
  rules: UserRules
  groupsAt: (state: Known) => Groups
  isAside: (names: readonly string[]) => boolean
  /** Seconds. */
  now: () => number
  report: (sub: string, problem: string) => void
}): StoredUsers {
  const { store, registry, rules, groupsAt, isAside, now, report } = context

  const make = (record: PersonRecord | FormerPerson, state: Known): Made | undefined => {
    if (!isPerson(record) || record.adopted || isAside(record.names)) return undefined
    try {
      const login = loginFrom(record, { ...rules, groups: groupsAt(state) })
      const disabled = { ...login, user: { ...login.user, disabled: true } }
      return { login, disabled, until: record.until ?? Number.POSITIVE_INFINITY }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      report(record.sub, error.message)
      return undefined
    }
  }
  const people = new CachedRecords<PersonRecord | FormerPerson, Made>(store, {
    registry,
    kind: 'person',
    make,
  })
  const present = (made: Made | undefined) => (made && made.until <= now() ? made.disabled : made?.login)
  const userOf = (sub: string, made: Made | undefined) => {
    const user = present(made)?.user
    // Of all spellings of a `sub` one is somebody's.
    return user?.sub === sub ? user : undefined
  }

  return {
    find(sub) {
      const made = people.find(personId(sub))
      return made instanceof Promise ? made.then((one) => userOf(sub, one)) : userOf(sub, made)
    },
    async loginOf(username) {
      const state = await registry.state()
      const record = await holderOf(store, fold(username))
      return present(record && make(record, state))
    },
  }
}

function loginFrom(record: PersonRecord, rules: UserRules): Login {
  const { sub, entry, password_hash = NO_PASSWORD, disabled, since, ended_before } = record
  const fail = (field: string, problem: string): never => {
    throw new ConfigError(`${field} ${problem}`)
  }
  const login = registerUser({ ...entry, sub, password_hash, disabled }, rules, fail)
  return { ...login, user: { ...login.user, since, ...(ended_before !== undefined && { ended_before }) } }
}
