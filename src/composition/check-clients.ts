import type { Client } from '../clients/client.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/environment.ts'

/** Checks what of a client depends on the environment. Throws `ConfigError`. */
export function checkClients(clients: readonly Client[], env: Environment): void {
  const paired = clients.find(({ sector }) => sector !== undefined)
  // Without it they would be derived from nothing, for everybody to compute.
  if (paired !== undefined && env.PAIRWISE_SALT === '') {
    throw new ConfigError(`PAIRWISE_SALT is not set; client ${paired.client_id} has subject_type pairwise`)
  }
  const plain = clients.find(({ backchannel_logout_uri: uri = '' }) => URL.parse(uri)?.protocol === 'http:')
  if (plain !== undefined && env.ALLOW_PRIVATE_ADDRESSES !== 'true') {
    throw new ConfigError(
      `ALLOW_PRIVATE_ADDRESSES is false, so the http backchannel_logout_uri of client ${plain.client_id} would never be asked; use https`,
    )
  }
}
