import type { Client } from '../clients/client.ts'
import type { ClientContext } from '../clients/client-changes.ts'
import { foldId } from '../clients/client-record.ts'
import { fileClients, registerEntries } from '../clients/file-clients.ts'
import { type Blocking, blockingBy, filedRules } from '../clients/introduced/blocking.ts'
import { introducedClients } from '../clients/introduced/introduced-clients.ts'
import { type ClientRegistry, type ClientSource, clientRegistry, endingAt } from '../clients/registry.ts'
import { type Rules, rulesOf } from '../clients/rules.ts'
import type { HashedSecrets } from '../clients/secret.ts'
import { storedClients } from '../clients/stored-clients.ts'
import type { Config } from '../config/config.ts'
import { readScopeEntries } from '../config/scopes.ts'
import { GRANT_TYPES } from '../grant-types/index.ts'
import type { Logger } from '../http/logger.ts'
import type { RegistrationKeys } from '../registry/registration-keys.ts'
import type { Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import { beginWith } from './kept.ts'
import { noteOnce } from './notes.ts'
import { resourcesFor } from './resources.ts'

/** The clients of a configuration, and of `others`. `now` in seconds. Throws `ConfigError` for what contradicts itself. */
export function clientsOf(
  config: Config,
  {
    hashed = ownSecrets(config),
    others = [],
    now = wallClock,
    atRunTime,
    registrationKeys,
    documents,
    blocking = blockingOf(config, { now, registry: atRunTime?.registry }),
  }: {
    hashed?: HashedSecrets
    others?: readonly ClientSource[]
    now?: () => number
    atRunTime?: AtRunTime | undefined
    registrationKeys?: RegistrationKeys | undefined
    documents?: ClientSource | undefined
    blocking?: Blocking
  } = {},
): ClientRegistry {
  const rules = rulesFor(config, hashed, now)
  const file = fileClients(config.entries.clients, rules)
  const open = (config.entries.registration ?? 'off') !== 'off'
  const introduced = [
    ...(registrationKeys ? [introducedClients(registrationKeys, rules, { open, blocking })] : []),
    ...(documents ? [documents] : []),
  ]
  if (atRunTime === undefined) return clientRegistry([file, ...introduced, ...others])
  const { store, registry, log } = atRunTime
  const report = noteOnce((client_id: string, problem: string) =>
    log.error(
      { client_id, detail: problem },
      'a client of the store is refused: its registration does not fit',
    ),
  )
  const stored = storedClients({ store, registry, rules, report })
  // What introduced itself says so in its id, and no client of the store has such an id: nothing is read to find it.
  return clientRegistry([endingAt(file, registry), ...introduced, stored, ...others])
}

/** Which clients that introduced themselves are let in. Throws `ConfigError`. */
export function blockingOf(
  { entries }: Pick<Config, 'entries'>,
  { now, registry }: { now: () => number; registry: Registry | undefined },
): Blocking {
  return blockingBy(filedRules(entries.blocked_clients ?? [], now()), registry)
}

/** What clients of the store are made and changed with. */
export function clientChangesOf(
  config: Config,
  {
    hashed,
    now,
    store,
    registry,
  }: { hashed: HashedSecrets; now: () => number; store: Store; registry: Registry },
): ClientContext {
  const ids = new Set(config.entries.clients.map(({ client_id }) => foldId(client_id)))
  const isInFile = (client_id: string) => ids.has(foldId(client_id))
  return { store, registry, rules: rulesFor(config, hashed, now), isInFile, now }
}

/** What is made while the server runs, in a store that keeps it. */
export interface AtRunTime {
  store: Store
  registry: Registry
  log: Logger
}

/** The clients of the file, complete, for a look at each of them: a server asks its registry. Throws `ConfigError`. */
export function registeredClients(config: Config): ReadonlyMap<string, Client> {
  return registerEntries(config.entries.clients, rulesFor(config, ownSecrets(config), wallClock))
}

const wallClock = () => Math.floor(Date.now() / 1000)

function ownSecrets(config: Config): HashedSecrets {
  return beginWith(config, undefined).hashed
}

/** What clients of this configuration may be registered with. */
export function rulesFor({ env, issuer, entries }: Config, hashed: HashedSecrets, now: () => number): Rules {
  const people = new Map(entries.users.map(({ username, sub = username }) => [sub, username]))
  const usernameOf = (sub: string) => people.get(sub)
  const own = new Set(
    Object.values(entries.scopes).flatMap((scope) => (typeof scope === 'string' ? [] : (scope.claims ?? []))),
  )
  const isOwnClaim = (name: string) => own.has(name)
  const resources = resourcesFor({ issuer, entries })
  const isResource = (client_id: string) => resources.isNamed(client_id)
  const publicScopes = [...new Set([...readScopeEntries(entries.scopes).public, ...resources.publicScopes()])]
  const known = { usernameOf, isResource, isOwnClaim, publicScopes }
  return rulesOf(env, { hashed, grantTypes: GRANT_TYPES, ...known, now })
}
