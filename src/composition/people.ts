import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { GroupEntry } from '../config/schema.ts'
import type { Logger } from '../http/logger.ts'
import type { Known, Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import { type Directory, directoryOf, directoryOfFile } from '../users/directory.ts'
import { type FileUsers, fileUsers } from '../users/file-users.ts'
import { type Groups, groupsOf } from '../users/groups.ts'
import type { PeopleContext } from '../users/person-changes.ts'
import type { UserRules } from '../users/registration.ts'
import { storedUsers } from '../users/stored-users.ts'
import { noteOnce } from './notes.ts'

/** Everybody who can log in, and what groups mean. */
export interface People {
  users: Directory
  /** The people of the file. */
  file: FileUsers
  /** What others are made and changed with; undefined if the store keeps nobody. */
  changes: PeopleContext | undefined
  /** What people read of the groups, by name. */
  sentences(): Readonly<Record<string, string>>
}

/**
 * The people of a configuration, and those of a store that keeps them (`atRunTime`). `now` in seconds. Throws `ConfigError` for
 * entries of the file that contradict themselves.
 */
export function peopleOf(
  { entries, demo }: Config,
  {
    queue,
    now,
    atRunTime,
  }: {
    queue: UserRules['queue']
    now: () => number
    atRunTime?:
      | { store: Store; registry: Registry; log: Logger; isShared: (sub: string) => boolean }
      | undefined
  },
): People {
  const rules = { queue, demo, now: now() }
  const groups = groupsOf(entries.groups)
  const file = fileUsers(entries.users, { ...rules, groups })
  if (atRunTime === undefined)
    return { users: directoryOfFile(file), file, changes: undefined, sentences: () => groups.sentences }
  const { store, registry, log, isShared } = atRunTime

  const complain = noteOnce((group, detail) =>
    log.error({ detail }, `a group of the store is left out: ${group}`),
  )
  const groupsAt = lastOf((stored: Known['groups']): Groups => {
    // The file's count.
    const all: Record<string, string | GroupEntry> = { ...stored, ...entries.groups }
    try {
      return groupsOf(all)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      complain('all of them', error.message)
      return groups
    }
  })
  const fileWith = lastOf((meaning: Groups): FileUsers => {
    if (meaning === groups) return file
    try {
      return fileUsers(entries.users, { ...rules, groups: meaning })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      complain('for the people of the file', error.message)
      return file
    }
  })
  const meaningAt = (state: Known | undefined) =>
    state === undefined || Object.keys(state.groups).length === 0 ? groups : groupsAt(state.groups)
  const report = noteOnce((sub, detail) =>
    log.error({ sub, detail }, 'a person of the store is refused: what is said of them does not fit'),
  )
  const stored = storedUsers({
    ...{ store, registry, rules, now, report },
    groupsAt: meaningAt,
    isAside: (names) => names.some((name) => file.hasName(name)),
  })
  const fileAt = (state: Known | undefined) => fileWith(meaningAt(state))
  return {
    users: directoryOf({ registry, fileAt, stored, isShared }),
    file,
    changes: { store, registry, file, now },
    sentences: () => meaningAt(registry.last).sentences,
  }
}

/** The same function, which makes nothing anew for the same object as last. */
function lastOf<From extends object, To>(make: (from: From) => To): (from: From) => To {
  let last: { from: From; to: To } | undefined
  return (from) => {
    if (last?.from !== from) last = { from, to: make(from) }
    return last.to
  }
}
