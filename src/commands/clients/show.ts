import { isPublic } from '../../clients/client.ts'
import { everyClient } from '../../clients/client-changes.ts'
import type { ClientRecord } from '../../clients/client-record.ts'
import { registeredClients } from '../../composition/clients.ts'
import type { Action } from '../action.ts'
import { moment } from '../output.ts'
import { withWorkbench } from '../with-workbench.ts'
import { clientOfStore } from './client.ts'

export const list: Action = {
  summary: 'every client, of the file and of the store',
  takes: '',
  examples: ['clients list', 'clients list --json'],
  async run(_given, output) {
    await withWorkbench(async ({ bench, config }) => {
      const rows = [...registeredClients(config).values()].map((client) => ({
        client_id: client.client_id,
        client_name: client.client_name,
        grant_types: [...client.grant_types],
        scope: client.scope,
        public: isPublic(client),
        keys: client.keys !== undefined,
        from: 'file',
      }))
      for await (const { client_id, entry, secrets } of everyClient(bench.store, bench.now())) {
        const { client_name = client_id, grant_types = [], scope = '' } = entry
        const keys = entry.token_endpoint_auth_method === 'private_key_jwt'
        const common = { client_id, client_name, grant_types, scope, from: 'store' }
        rows.push({ ...common, public: !keys && secrets.length === 0, keys })
      }
      rows.sort((one, other) => one.client_id.localeCompare(other.client_id))
      output.rows(rows, {
        client_id: (row) => row.client_id,
        name: (row) => row.client_name,
        'grant types': (row) => row.grant_types,
        scope: (row) => row.scope,
        secret: (row) => (row.public ? 'none' : row.keys ? 'keys' : 'yes'),
        from: (row) => row.from,
      })
    })
  },
}

export const show: Action = {
  summary: 'what is said of a client of the store',
  takes: '<client_id>',
  examples: ['clients show my-app'],
  async run({ words: [client_id = ''] }, output) {
    await withWorkbench(async ({ bench }) => {
      const record = await clientOfStore(bench, client_id)
      const { entry, created_at, ended_before } = record
      output.fields({
        client_id,
        ...entry,
        secrets: secretsOf(record, bench.now()),
        created_at: moment(created_at),
        ended_before: moment(ended_before),
      })
    })
  },
}

// Never what is kept of them.
function secretsOf({ secrets }: ClientRecord, now: number) {
  return secrets.map(({ name, until, created_at }) => {
    const end = until === undefined ? '' : until <= now ? ', ended' : `, until ${moment(until)}`
    return `${name} (of ${moment(created_at)}${end})`
  })
}
