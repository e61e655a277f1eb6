import { type ClientContext, createClient, makeSecret } from '../../src/clients/client-changes.ts'
import type { ClientRecord } from '../../src/clients/client-record.ts'
import { rulesFor } from '../../src/composition/clients.ts'
import { beginWith } from '../../src/composition/kept.ts'
import { peopleOf } from '../../src/composition/people.ts'
import { createLogger } from '../../src/http/logger.ts'
import { hashArgon2id } from '../../src/passwords/argon2id.ts'
import { Registry } from '../../src/registry/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { createPerson, type NewPerson, type PeopleContext } from '../../src/users/person-changes.ts'
import type { TestServer } from './server.ts'

/** What an operator changes beside a running server: a process of its own on the same store. */
export interface Operator {
  people: PeopleContext
  clients: ClientContext
  /** Makes a person with this password, at a cost for tests. */
  add(username: string, password: string, more?: Partial<NewPerson> & { email?: string }): Promise<string>
  /** Makes a client; returns its secret. */
  addClient(client_id: string, entry: ClientRecord['entry']): Promise<string>
}

export function operatorOf({ config, clock }: TestServer, store: Store): Operator {
  const registry = new Registry(store)
  const { hashed, queues } = beginWith(config, undefined)
  const now = () => clock.now
  const log = createLogger('silent', { write() {} })
  const isShared = () => false
  const atRunTime = { store, registry, log, isShared }
  const { changes } = peopleOf(config, { queue: queues.people, now, atRunTime })
  const people = changes as PeopleContext
  const ids = new Set(config.entries.clients.map(({ client_id }) => client_id.toLowerCase()))
  const clients: ClientContext = {
    ...{ store, registry, now },
    rules: rulesFor(config, hashed, now),
    isInFile: (client_id) => ids.has(client_id.toLowerCase()),
  }
  return {
    people,
    clients,
    async add(username, password, { email, ...more } = {}) {
      const entry = { username, ...(email !== undefined && { email, email_verified: true }), ...more.entry }
      const password_hash = await hashArgon2id(password, { memory: 64, passes: 1, parallelism: 1 })
      return (await createPerson(people, { password_hash, ...more, entry })).sub
    },
    async addClient(client_id, entry) {
      const { secret, kept } = makeSecret('first', clock.now)
      await createClient(clients, { client_id, entry, secrets: [kept] })
      return secret
    },
  }
}
