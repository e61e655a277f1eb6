import type { Config } from '../config/config.ts'
import { CHOOSE_PASSWORD } from '../endpoints/choose-password.ts'
import type { Logger } from '../http/logger.ts'
import type { Keys } from '../secrets/keys.ts'
import { StoreUnavailable } from '../store/store.ts'
import { createPerson, type PeopleContext, PersonRefused, readPerson } from '../users/person-changes.ts'
import { makePersonLink } from '../users/person-link.ts'

const USERNAME = 'admin'

/**
 * On a server that has no configuration file and nobody yet: makes the first person, and says once, in the log, by which link their
 * password can be chosen. Only who reads the log gets in, never who comes first. Of several processes one says it. A store
 * that does not answer leaves it to the next start.
 */
export async function inviteFirst(
  { changes, keys, log }: { changes: PeopleContext | undefined; keys: Keys; log: Logger },
  { env, issuer, demo }: Config,
): Promise<void> {
  if (changes === undefined || env.CONFIG_FILE !== '' || demo) return
  try {
    const sub = await firstOf(changes)
    if (sub === undefined) return
    const person = await readPerson(changes.store, sub)
    if (person === undefined || person.password_hash !== undefined) return
    const link = await makePersonLink(changes, keys, sub, { ifNone: true })
    log.warn(
      link === undefined
        ? `nobody can log in yet, and a link was given already; for another one: postern users link ${USERNAME}`
        : `nobody can log in yet: whoever opens ${issuer}${CHOOSE_PASSWORD}?link=${link} within 20 minutes chooses the password of "${USERNAME}"; or: postern users add`,
    )
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn('the store does not answer, so nobody is invited; restart once it does, or: postern users add')
  }
}

/** The `sub` of the person that an empty server makes up, whom this may make; undefined if there is somebody else. */
async function firstOf(changes: PeopleContext): Promise<string | undefined> {
  const { first } = await changes.registry.refresh()
  if (first !== undefined) return first === '' ? undefined : first
  try {
    return (await createPerson(changes, { entry: { username: USERNAME }, first: true })).sub
  } catch (error) {
    if (error instanceof PersonRefused) return undefined
    throw error
  }
}
