import { type Clients, consentIdOf } from './client.ts'

/**
 * What approvals of each of these clients are kept under, by client id: several ids of one registration are one application. Of a client
 * that is not found it is the id.
 */
export async function consentIdsOf(
  clients: Pick<Clients, 'find'>,
  client_ids: readonly string[],
): Promise<(client_id: string) => string> {
  const ids = [...new Set(client_ids)]
  const found = await Promise.all(ids.map((client_id) => clients.find(client_id)))
  const consent_ids = new Map(
    found.flatMap((client) => (client ? [[client.client_id, consentIdOf(client)]] : [])),
  )
  return (client_id) => consent_ids.get(client_id) ?? client_id
}
