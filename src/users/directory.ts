import { decoyOf, isPasswordHash, kindOfHash } from '../passwords/password-hash.ts'
import type { Known, Registry } from '../registry/registry.ts'
import type { FileUsers } from './file-users.ts'
import type { Login, Logins } from './password-check.ts'
import { DEMO_KIND } from './registration.ts'
import type { StoredUsers } from './stored-users.ts'
import type { User, Users } from './user.ts'

/** The directory of everybody, wherever they are from. */
export type Directory = Users & Logins

/** The people of the file alone. */
export function directoryOfFile(file: FileUsers): Directory {
  return {
    find: async (sub) => file.find(sub),
    named: async (username) => file.loginOf(username)?.user,
    loginOf: async (username) => file.loginOf(username),
    kinds: async () => (file.kinds.length > 0 ? file.kinds : [DEMO_KIND]),
  }
}

/**
 * The people of the file, and of the store. The file's count: whoever is stored under one of their names is aside.
 * `fileAt`: the file's people as groups are in this state. `isShared`: whether a `sub` of the file is a stored person's too, so that
 * neither may inherit from the other: it is nobody's.
 */
export function directoryOf(context: {
  registry: Registry
  fileAt: (state: Known | undefined) => FileUsers
  stored: StoredUsers
  isShared: (sub: string) => boolean
}): Directory {
  const { registry, fileAt, stored, isShared } = context

  const loginOf = async (username: string): Promise<Login | undefined> => {
    // Both for every name: where somebody is from must not be told by the time.
    const found = await stored.loginOf(username)
    const file = fileAt(registry.last)
    const login = file.loginOf(username)
    if (login !== undefined && !isShared(login.user.sub)) return login
    // With a `sub` of the file they would go on as that person, whoever made them beside it.
    return found !== undefined && file.find(found.user.sub) !== undefined ? undefined : found
  }

  return {
    async find(sub): Promise<User | undefined> {
      const user = fileAt(registry.last).find(sub)
      if (user !== undefined) return isShared(sub) ? undefined : user
      return stored.find(sub)
    },
    named: async (username) => (await loginOf(username))?.user,
    loginOf,
    async kinds() {
      const { hash_kinds } = await registry.state()
      // What a later release has written, and this one cannot verify, must not fail everybody's login.
      const known = hash_kinds.filter(isKnownKind)
      const kinds = new Set([...fileAt(registry.last).kinds, ...known])
      return kinds.size > 0 ? [...kinds] : [DEMO_KIND]
    },
  }
}

function isKnownKind(kind: string): boolean {
  const decoy = decoyOf(kind)
  return isPasswordHash(decoy) && kindOfHash(decoy) === kind
}
