import type { ClientContext } from '../clients/client-changes.ts'
import type { Config } from '../config/config.ts'
import type { Logger } from '../http/logger.ts'
import type { Store } from '../store/store.ts'
import type { PeopleContext } from '../users/person-changes.ts'
import { makeRooms, type Rooms } from './rooms.ts'

/** What a command needs that works beside a server, on the same store. */
export type Workbench = Pick<
  Rooms,
  | 'store'
  | 'now'
  | 'journal'
  | 'keys'
  | 'queues'
  | 'signing'
  | 'clients'
  | 'sessions'
  | 'grants'
  | 'consents'
  | 'sessionEnd'
  | 'backChannel'
> & {
  /** The people of the file. */
  file: Rooms['people']['file']
  /** What people and clients of the store are changed with. */
  people: PeopleContext
  clientChanges: ClientContext
}

/** Makes it. The store is a durable one. Throws `ConfigError` for registrations that contradict themselves. */
export function workbenchOf(config: Config, { store, log }: { store: Store; log: Logger }): Workbench {
  const { people, clientChanges, ...parts } = makeRooms(config, { store, log, prepare: false })
  const { file, changes } = people
  if (changes === undefined || clientChanges === undefined)
    throw new TypeError('a store that keeps nothing has no workbench')
  return { ...parts, file, people: changes, clientChanges }
}
