import { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/environment.ts'
import type { ClientEntry } from '../config/schema.ts'
import type { BcryptQueue } from '../passwords/bcrypt-queue.ts'
import type { Keys } from '../secrets/keys.ts'
import type { Client, Clients } from './client.ts'
import { registerClient } from './registration.ts'
import { hashedSecret, plainSecret } from './secret.ts'

/** The clients of the configuration file, found by id. */
export class FileClients implements Clients {
  readonly #clients = new Map<string, Client>()

  /** Throws `ConfigError` for an entry that contradicts itself and for a repeated `client_id`. */
  constructor(
    entries: readonly ClientEntry[],
    context: { env: Environment; queue: BcryptQueue; keys: Keys },
  ) {
    const { env, queue, keys } = context
    const lifetimes = {
      access_token_ttl: env.ACCESS_TOKEN_TTL,
      refresh_token_ttl: env.REFRESH_TOKEN_TTL,
      authorization_code_ttl: env.AUTHORIZATION_CODE_TTL,
      refresh_token_grace: env.REFRESH_TOKEN_GRACE,
      grant_max_ttl: env.GRANT_MAX_TTL,
    }
    const secretOf = (entry: ClientEntry) => {
      if (entry.client_secret) return plainSecret(entry.client_secret)
      return entry.client_secret_hash ? hashedSecret(entry.client_secret_hash, queue, keys) : undefined
    }
    for (const [at, entry] of entries.entries()) {
      if (this.#clients.has(entry.client_id)) {
        throw new ConfigError(`/clients/${at}/client_id: ${entry.client_id} is there twice`)
      }
      this.#clients.set(entry.client_id, registerClient(entry, `/clients/${at}`, { lifetimes, secretOf }))
    }
  }

  async find(client_id: string): Promise<Client | undefined> {
    return this.#clients.get(client_id)
  }

  /** All of them, for the start's report and for what discovery lists. */
  all(): readonly Client[] {
    return [...this.#clients.values()]
  }
}
