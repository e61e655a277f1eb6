import type { Client } from '../clients/client.ts'
import type { AccountView, ClientView } from '../http/views/view.ts'
import type { User } from '../users/user.ts'

/** What a page shows of a client. */
export function clientView(client: Client): ClientView {
  const { client_name, logo_uri, client_uri, policy_uri, tos_uri } = client
  return { name: client_name, logo_uri, client_uri, policy_uri, tos_uri }
}

/** What a page shows of a person. */
export function accountView({ username, claims }: User): AccountView {
  return { name: claims.name ?? username, username }
}
