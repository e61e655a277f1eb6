import type { Client } from '../clients/client.ts'
import { fileClients, registerEntries } from '../clients/file-clients.ts'
import { type ClientRegistry, type ClientSource, clientRegistry } from '../clients/registry.ts'
import { type Rules, rulesOf } from '../clients/rules.ts'
import type { HashedSecrets } from '../clients/secret.ts'
import type { Config } from '../config/config.ts'
import { GRANT_TYPES } from '../grant-types/index.ts'
import { beginWith } from './kept.ts'

/** The clients of a configuration, and of `others`. `now` in seconds. Throws `ConfigError` for what contradicts itself. */
export function clientsOf(
  config: Config,
  {
    hashed = ownSecrets(config),
    others = [],
    now = wallClock,
  }: { hashed?: HashedSecrets; others?: readonly ClientSource[]; now?: () => number } = {},
): ClientRegistry {
  return clientRegistry([fileClients(config.entries.clients, rulesFor(config, hashed, now)), ...others])
}

/** The clients of the file, complete, for a look at each of them: a server asks its registry. Throws `ConfigError`. */
export function registeredClients(config: Config): ReadonlyMap<string, Client> {
  return registerEntries(config.entries.clients, rulesFor(config, ownSecrets(config), wallClock))
}

const wallClock = () => Math.floor(Date.now() / 1000)

function ownSecrets(config: Config): HashedSecrets {
  return beginWith(config, undefined).hashed
}

function rulesFor({ env, entries }: Config, hashed: HashedSecrets, now: () => number): Rules {
  const people = new Map(entries.users.map(({ username, sub = username }) => [sub, username]))
  const usernameOf = (sub: string) => people.get(sub)
  const own = new Set(
    Object.values(entries.scopes).flatMap((scope) => (typeof scope === 'string' ? [] : (scope.claims ?? []))),
  )
  const isOwnClaim = (name: string) => own.has(name)
  return rulesOf(env, { hashed, grantTypes: GRANT_TYPES, usernameOf, isOwnClaim, now })
}
