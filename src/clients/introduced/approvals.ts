import { hash } from 'node:crypto'
import { type Store, type StoredRecord, StoreFull } from '../../store/store.ts'
import { insertIfNew } from '../../store/update.ts'
import type { Client } from '../client.ts'

/** That somebody has approved a client that introduced itself, once. Durable. */
export interface Introduced extends StoredRecord {
  readonly schema: 1
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  /** Seconds. */
  readonly approved_at: number
}

/** Which of the clients that introduced themselves anybody has ever approved here. */
export interface Approvals {
  /** Always true of a client that an operator has registered. Throws `StoreUnavailable`. */
  isKnown(client: Client): Promise<boolean>
  /** Writes it down, the first time. `now` in seconds. Throws `StoreUnavailable`. */
  note(client: Client, now: number): Promise<void>
}

/** Keeps approvals in the store: the only thing that is ever written of such a client, apart from what people grant it. */
export function approvalsIn(store: Store): Approvals {
  return {
    async isKnown(client) {
      if (!client.introduced) return true
      return (await store.read('introduced', idOf(client), 0)) !== undefined
    },
    async note(client, now) {
      if (!client.introduced) return
      const { client_id, client_name, redirect_uris } = client
      const record = { schema: 1 as const, client_id, client_name, redirect_uris, approved_at: now }
      try {
        await insertIfNew<Introduced>(store, { kind: 'introduced', id: idOf(client), now: 0 }, record)
      } catch (error) {
        // Where there is no room it stays unknown, and its errors stay on a page.
        if (!(error instanceof StoreFull)) throw error
      }
    },
  }
}

function idOf({ client_id }: Client): string {
  return hash('sha256', client_id, 'base64url')
}
