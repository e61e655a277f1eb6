import { type ClientRecord, clientKey, type FormerClient } from '../clients/client-record.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Logger } from '../http/logger.ts'
import type { Registry } from '../registry/registry.ts'
import { askEach } from '../store/members.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import type { FileUsers } from '../users/file-users.ts'
import { holderOf } from '../users/names-held.ts'
import { type FormerPerson, isPerson, type PersonRecord, personId } from '../users/person-record.ts'

/** What the configuration file and the store both have. */
export interface Clashes {
  /** Sentences about a `sub` or client id that is in both: one would inherit what the other was given. */
  shared: readonly { sub?: string; client_id?: string; sentence: string }[]
  /** Stored people whose name or address the file has now: each is named, with the name. */
  aside: readonly { sub: string; username: string; name: string }[]
}

/** Looks for what is in both. Throws `StoreUnavailable`. */
export async function findClashes(
  { store, registry }: { store: Store; registry: Registry },
  { config, file }: { config: Config; file: FileUsers },
): Promise<Clashes> {
  // Nothing was ever made here.
  if ((await registry.refresh()).version === '') return { shared: [], aside: [] }
  const people = await askEach([...file.subs], async (sub) => {
    const record = await store.read<PersonRecord | FormerPerson>('person', personId(sub), 0)
    if (record === undefined || record.adopted) return []
    const way = isPerson(record)
      ? `set another sub in the file, or: users adopt ${record.entry.username}`
      : 'set another sub'
    return [{ sub, sentence: `the sub ${sub} of the file is that of somebody in the store, or was; ${way}` }]
  })
  const clients = await askEach(config.entries.clients, async ({ client_id }) => {
    const record = await store.read<ClientRecord | FormerClient>('client', clientKey(client_id), 0)
    const sentence = `the client_id ${client_id} of the file is that of a client in the store, or was; give it another one`
    return record === undefined ? [] : [{ client_id, sentence }]
  })
  const aside = await askEach([...file.names], async (name) => {
    const record = await holderOf(store, name)
    if (record === undefined || record.adopted) return []
    return [{ sub: record.sub, username: record.entry.username, name }]
  })
  return { shared: [...people, ...clients].flat(), aside: aside.flat() }
}

/**
 * Looks for them at the start or a reload: throws `ConfigError` for what both have and must not, and says who is set aside. A store that
 * does not answer is asked again until it does; until then nobody can use it anyway. Returns the function that ends that.
 */
export async function refuseClashes(
  parts: { store: Store; registry: Registry; log: Logger; shared: Set<string> },
  about: { config: Config; file: FileUsers },
): Promise<() => void> {
  const { log, shared } = parts
  let timer: NodeJS.Timeout | undefined
  const say = ({ aside }: Clashes) => {
    for (const { sub, username, name } of aside)
      log.error(
        { sub, detail: name },
        `${username} of the store is set aside and cannot log in: the configuration file has that name or address too (users adopt, or another name, decides)`,
      )
  }
  const later = () => {
    timer = setTimeout(again, RETRY_EVERY).unref()
  }
  const again = () =>
    findClashes(parts, about).then(
      (clashes) => {
        say(clashes)
        // Too late to refuse the start: whoever both have is nobody.
        for (const one of clashes.shared) {
          if (one.sub !== undefined) shared.add(one.sub)
          log.error({ detail: one.sentence }, 'refused until it is mended')
        }
      },
      (error) => {
        if (error instanceof StoreUnavailable) return later()
        throw error
      },
    )
  try {
    const clashes = await findClashes(parts, about)
    if (clashes.shared.length > 0)
      throw new ConfigError(clashes.shared.map(({ sentence }) => sentence).join('; '))
    say(clashes)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    later()
  }
  return () => clearTimeout(timer)
}

// Milliseconds.
const RETRY_EVERY = 1000
