import { hash } from 'node:crypto'
import type { Client } from '../clients/client.ts'
import type { AccountView, ClientView } from '../http/views/view.ts'
import { Words } from '../texts/text.ts'
import type { User } from '../users/user.ts'

/** What a page shows of a client. */
export function clientView(client: Client): ClientView {
  const { client_name, client_names, logo_uri, client_uri, policy_uri, tos_uri } = client
  const name = client_names ? new Words(client_name, client_names) : client_name
  return { name, tile: tileOf(client), logo_uri, client_uri, policy_uri, tos_uri }
}

// The stylesheet has as many colours for letters.
const TILES = 12

// Always the same one: people know an application by it, and it is never the colour of a button.
function tileOf({ client_id }: Client): number {
  return hash('sha256', client_id, 'buffer').readUInt32BE(0) % TILES
}

/** What a page shows of a person. */
export function accountView({ username, claims }: User): AccountView {
  const { name = username, email, phone_number } = claims
  return { name, username, ...(email && { email }), ...(phone_number && { phone_number }) }
}
