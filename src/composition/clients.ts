import type { Client } from '../clients/client.ts'
import { fileClients, registerEntries } from '../clients/file-clients.ts'
import { type ClientRegistry, type ClientSource, clientRegistry } from '../clients/registry.ts'
import { type Rules, rulesOf } from '../clients/rules.ts'
import type { Config } from '../config/config.ts'
import { GRANT_TYPES } from '../grant-types/index.ts'
import { BcryptQueue } from '../passwords/bcrypt-queue.ts'
import { Keys } from '../secrets/keys.ts'

// Beside the two hashes at once of logins: see `LOGIN_QUEUE` of the rooms.
const QUEUE = { concurrency: 1, limit: 64 }

/** The clients of a configuration, and of `others`. `now` in seconds. Throws `ConfigError` for what contradicts itself. */
export function clientsOf(
  config: Config,
  keys: Keys,
  { others = [], now = wallClock }: { others?: readonly ClientSource[]; now?: () => number } = {},
): ClientRegistry {
  return clientRegistry([fileClients(config.entries.clients, rulesFor(config, keys, now)), ...others])
}

/** The clients of the file, complete, for a look at each of them: a server asks its registry. Throws `ConfigError`. */
export function registeredClients(config: Config): ReadonlyMap<string, Client> {
  return registerEntries(config.entries.clients, rulesFor(config, new Keys(config.secretKeys), wallClock))
}

const wallClock = () => Math.floor(Date.now() / 1000)

function rulesFor({ env, entries }: Config, keys: Keys, now: () => number): Rules {
  const people = new Map(entries.users.map(({ username, sub = username }) => [sub, username]))
  const usernameOf = (sub: string) => people.get(sub)
  return rulesOf(env, { queue: new BcryptQueue(QUEUE), keys, grantTypes: GRANT_TYPES, usernameOf, now })
}
