import { readClient } from '../../clients/client-changes.ts'
import type { ClientRecord } from '../../clients/client-record.ts'
import type { Workbench } from '../../composition/workbench.ts'
import { CLIENT_SCHEMA } from '../../config/client-schema.ts'
import { ConfigError } from '../../config/config-error.ts'
import { problems } from '../../config/problems.ts'
import { NotFound, type Option, type Words } from '../action.ts'
import { nameValue } from '../name-value.ts'

/** What may be said of a client, as options. */
export const ABOUT: Readonly<Record<string, Option>> = {
  name: { value: 'name', summary: 'what people read on the consent page' },
  'redirect-uri': { value: 'uri', summary: 'where browsers may be sent back to', repeated: true },
  'grant-type': {
    value: 'type',
    summary: 'authorization_code, refresh_token, client_credentials, …',
    repeated: true,
  },
  scope: { value: 'scope', summary: 'what it may ask for, separated by spaces' },
  group: { value: 'group', summary: 'only members of it may use the client', repeated: true },
  set: { value: 'name=value', summary: 'any field that the file may have; JSON, or text', repeated: true },
}

/** The client of the store with this id. Throws `NotFound`, and `ConfigError` for one of the file. */
export async function clientOfStore(bench: Workbench, client_id: string): Promise<ClientRecord> {
  const found = await readClient(bench.store, client_id)
  if (found !== undefined) return found
  if (bench.clientChanges.isInFile(client_id))
    throw new ConfigError(`the client ${client_id} is in the configuration file; change it there`)
  throw new NotFound(`there is no client ${JSON.stringify(client_id)}; clients list has every one`)
}

/** What is said of a client by then: `entry` with what these options change. Throws `ConfigError`. */
export function entryWith(entry: ClientRecord['entry'], given: Words): ClientRecord['entry'] {
  const [name, scope] = [given.text('name'), given.text('scope')]
  const lists = {
    redirect_uris: given.texts('redirect-uri'),
    grant_types: given.texts('grant-type'),
    allowed_groups: given.texts('group'),
  }
  const next = {
    ...entry,
    ...(name !== undefined && { client_name: name }),
    ...(scope !== undefined && { scope }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...Object.fromEntries(given.texts('set').map((text) => nameValue('set', text, RESERVED))),
  }
  const [wrong] = problems(CLIENT_SCHEMA, { ...next, client_id: 'x' })
  if (wrong !== undefined) throw new ConfigError(`${wrong.path.slice(1) || 'the client'} ${wrong.problem}`)
  return next
}

const RESERVED = new Set(['client_id', 'client_secret', 'client_secret_hash', 'client_secrets'])
