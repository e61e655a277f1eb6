import { endOfAll, type Registry } from '../registry/registry.ts'
import { Roll } from '../registry/roll.ts'
import { randomText } from '../secrets/random.ts'
import type { Store } from '../store/store.ts'
import { insertIfNew, update } from '../store/update.ts'
import {
  type ClientRecord,
  clientKey,
  type FormerClient,
  foldId,
  isClient,
  type KeptSecret,
} from './client-record.ts'
import type { Rules } from './rules.ts'
import { digestOf } from './secret.ts'
import { clientOf } from './stored-clients.ts'
import { storedUsage, unionOf, usageFrom, usageOf } from './usage.ts'

/** What clients are made and changed with. */
export interface ClientContext {
  store: Store
  registry: Registry
  rules: Rules
  /** Whether the configuration file has a client of this id, in any spelling. */
  isInFile(client_id: string): boolean
  /** Seconds. */
  now: () => number
}

/** A client as it is to be made. Its words have been checked by the schema. */
export interface NewClient {
  client_id?: string | undefined
  entry: ClientRecord['entry']
  secrets: readonly KeptSecret[]
}

/** Why a client cannot be made or changed: the words are for whoever wants to. */
export class ClientRefused extends Error {
  override readonly name = 'ClientRefused'
}

// What other sources of clients begin with: an id must say where a client is from.
const RESERVED = /^https?:|^ci_/i

/** A secret of ours: 256 bits, to be shown once, and what is kept of it. */
export function makeSecret(name: string, now: number): { secret: string; kept: KeptSecret } {
  const secret = randomText(32)
  return { secret, kept: { name, digest: digestOf(secret), created_at: now } }
}

/**
 * Makes a client. Returns its record. Throws `ClientRefused` for an id that is taken, `ConfigError` for what contradicts the rules,
 * and `StoreUnavailable`.
 */
export async function createClient(context: ClientContext, client: NewClient): Promise<ClientRecord> {
  const { store, registry, rules } = context
  const now = context.now()
  const { client_id = randomText(16), entry, secrets } = client
  if (RESERVED.test(foldId(client_id)))
    throw new ClientRefused(`the id ${client_id} begins with what clients of another origin begin with`)
  refuseFiles(context, client_id)
  const record = { schema: 1 as const, client_id, entry, secrets, created_at: now }
  const usage = usageOf(clientOf({ ...record, revision: '' }, rules))
  const id = clientKey(client_id)
  await rollOf(store).add(id, now)
  if (!(await insertIfNew<ClientRecord>(store, { kind: 'client', id, now: 0 }, record)))
    throw new ClientRefused(`the id ${client_id} is that of another client, or was: it is never given again`)
  await changed(registry, usage)
  return { ...record, revision: '' }
}

/**
 * Changes a client. `change` is pure. Returns the record as it is now. Throws `ClientRefused`, `ConfigError` for what contradicts
 * the rules, and `StoreUnavailable`.
 */
export async function changeClient(
  context: ClientContext,
  client_id: string,
  change: (record: ClientRecord) => ClientRecord,
): Promise<ClientRecord> {
  const { store, registry, rules } = context
  refuseFiles(context, client_id)
  const key = { kind: 'client', id: clientKey(client_id), now: 0 } as const
  const next = await update<ClientRecord | FormerClient, ClientRecord | undefined>(store, key, (record) => {
    if (!isClient(record)) return { answer: undefined }
    const wished = change(record)
    clientOf(wished, rules)
    return { next: wished, answer: wished }
  })
  const record = requireClient(next, client_id)
  await changed(registry, usageOf(clientOf(record, rules)))
  return record
}

/**
 * Ends what a client has been given until now, of the file or of the store, by one mark: also what nodes give that have not seen
 * it yet. Throws `ClientRefused` and `StoreUnavailable`.
 */
export async function stopClient(context: ClientContext, client_id: string): Promise<void> {
  const ended_before = endOfAll(context.now())
  if (!context.isInFile(client_id)) {
    await changeClient(context, client_id, (record) => ({ ...record, ended_before }))
    return
  }
  await context.registry.change((state) => ({
    ended_before: { ...state.ended_before, [client_id]: ended_before },
  }))
}

/** Deletes a client; its id is kept, so that nobody else gets it. Returns the record as it was. Throws `ClientRefused` and `StoreUnavailable`. */
export async function deleteClient(context: ClientContext, client_id: string): Promise<ClientRecord> {
  const { store, registry } = context
  refuseFiles(context, client_id)
  const id = clientKey(client_id)
  const deleted_at = context.now()
  const was = await update<ClientRecord | FormerClient, ClientRecord | undefined>(
    store,
    { kind: 'client', id, now: 0 },
    (record) =>
      isClient(record)
        ? { next: { schema: 1, client_id: record.client_id, deleted_at }, answer: record }
        : { answer: undefined },
  )
  const record = requireClient(was, client_id)
  await rollOf(store).remove(id)
  await registry.change()
  return record
}

/** The client of an id, or undefined. Throws `StoreUnavailable`. */
export async function readClient(store: Store, client_id: string): Promise<ClientRecord | undefined> {
  const record = await store.read<ClientRecord | FormerClient>('client', clientKey(client_id), 0)
  return isClient(record) && record.client_id === client_id ? record : undefined
}

/** Every client in the store, in no order that means anything. `now` in seconds. */
export async function* everyClient(store: Store, now: number): AsyncGenerator<ClientRecord> {
  for await (const record of rollOf(store).records<ClientRecord | FormerClient>(now))
    if (isClient(record)) yield record
}

function rollOf(store: Store): Roll {
  return new Roll(store, 'client')
}

function refuseFiles({ isInFile }: ClientContext, client_id: string): void {
  if (isInFile(client_id))
    throw new ClientRefused(`the client ${client_id} is in the configuration file; change it there`)
}

function requireClient(record: ClientRecord | undefined, client_id: string): ClientRecord {
  if (record === undefined) throw new ClientRefused(`there is no client ${client_id} in the store`)
  return record
}

function changed(registry: Registry, usage: ReturnType<typeof usageOf>): Promise<void> {
  return registry.change((state) => {
    const before = state.usage === undefined ? [] : [usageFrom(state.usage)]
    return { usage: storedUsage(unionOf([...before, usage])) }
  })
}
