import { ConfigError } from '../config/config-error.ts'
import { CachedRecords } from '../registry/cached-records.ts'
import type { Registry, StoredUsage } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import type { Client } from './client.ts'
import {
  type ClientRecord,
  clientKey,
  type FormerClient,
  isClient,
  termsOfRecord,
  uriOfId,
} from './client-record.ts'
import { registerClient } from './registration.ts'
import type { ClientSource } from './registry.ts'
import type { Rules } from './rules.ts'
import { type Usage, unionOf, usageFrom } from './usage.ts'

const NONE = unionOf([])

/**
 * The clients that were made while the server ran, as a source. `report` hears of records that cannot be served as the rules are
 * now; they are refused here.
 */
export function storedClients(context: {
  store: Store
  registry: Registry
  rules: Rules
  report: (client_id: string, problem: string) => void
}): ClientSource {
  const { store, registry, rules, report } = context
  const make = (record: ClientRecord | FormerClient): Client | undefined => {
    if (!isClient(record)) return undefined
    try {
      return { ...clientOf(record, rules), ...endOf(record) }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      report(record.client_id, error.message)
      return undefined
    }
  }
  const clients = new CachedRecords<ClientRecord | FormerClient, Client>(store, {
    registry,
    kind: 'client',
    make,
  })
  // Of all spellings of an id one is the client's.
  const named = (client_id: string, found: Client | undefined) =>
    found?.client_id === client_id ? found : undefined
  let kept: StoredUsage | undefined
  let usage: Usage = NONE

  return {
    name: 'the store',
    ids: () => [],
    find(client_id) {
      const found = clients.find(clientKey(client_id))
      return found instanceof Promise ? found.then((one) => named(client_id, one)) : named(client_id, found)
    },
    async hasId(uri) {
      // No id that it gives begins so (`createClient`).
      if (/^https?:/i.test(uri)) return false
      const found = [uriOfId(uri), `${uriOfId(uri)}/`].map((id) => store.read('client', clientKey(id), 0))
      return (await Promise.all(found)).some((record) => record !== undefined)
    },

    usage() {
      const known = registry.last?.usage
      if (known !== kept) {
        kept = known
        usage = known === undefined ? NONE : usageFrom(known)
      }
      return usage
    },
  }
}

/** The client of a record. Throws `ConfigError` if the rules of today do not allow it. */
export function clientOf(record: ClientRecord, rules: Rules): Client {
  return registerClient(termsOfRecord(record, rules.now()), rules, (field, problem) => {
    throw new ConfigError(`${field} ${problem}`)
  })
}

function endOf({ ended_before }: ClientRecord): Pick<Client, 'ended_before'> {
  return ended_before === undefined ? {} : { ended_before }
}
