import { fileClients } from '../clients/file-clients.ts'
import { type ClientRegistry, type ClientSource, clientRegistry } from '../clients/registry.ts'
import { rulesOf } from '../clients/rules.ts'
import type { Config } from '../config/config.ts'
import { BcryptQueue } from '../passwords/bcrypt-queue.ts'
import type { Keys } from '../secrets/keys.ts'

// Beside the two hashes at once of logins: see `LOGIN_QUEUE` of the rooms.
const QUEUE = { concurrency: 1, limit: 64 }

/** The clients of a configuration, and of `others`. Throws `ConfigError` for what contradicts itself. */
export function clientsOf(
  { entries, env }: Config,
  keys: Keys,
  others: readonly ClientSource[] = [],
): ClientRegistry {
  const rules = rulesOf(env, { queue: new BcryptQueue(QUEUE), keys })
  return clientRegistry([fileClients(entries.clients, rules), ...others])
}
