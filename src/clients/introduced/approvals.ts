import { hash } from 'node:crypto'
import { TemporarilyUnavailable } from '../../protocol/errors.ts'
import type { Registry } from '../../registry/registry.ts'
import { type Store, type StoredRecord, StoreFull } from '../../store/store.ts'
import { insertIfNew, update } from '../../store/update.ts'
import { approvalsEnd, type Client } from '../client.ts'
import type { ReadDocument } from '../documents/documents.ts'

/** That somebody has approved a client that introduced itself. Durable. */
export interface Introduced extends StoredRecord {
  readonly schema: 1
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  /** Seconds: the first time that counts. */
  readonly approved_at: number
  /** What its document said the last time, if its id is the address of one. */
  readonly document?: Omit<ReadDocument, 'client_id'>
}

/** Which of the clients that introduced themselves anybody has ever approved here. */
export interface Approvals {
  /** Always true of a client that an operator has registered. Throws `StoreUnavailable`. */
  isKnown(client: Client): Promise<boolean>
  /**
   * Counts against a person (`sub`) that they let in a client which nobody has let in before. Throws `TooManyApprovals`, and
   * `StoreUnavailable`.
   */
  count(client: Client, sub: string, now: number): Promise<void>
  /**
   * Writes it down: the first time that counts; and what a document says, whenever that has changed or was read long since. `now` in seconds.
   * Throws `StoreUnavailable`, and `StoreFull` for a client with a document: elsewhere it would be unknown.
   */
  note(client: Client, now: number): Promise<void>
}

/** A person lets in more new clients than anybody does by hand. */
export class TooManyApprovals extends TemporarilyUnavailable {
  override readonly name = 'TooManyApprovals'
  readonly description = 'you have allowed very many new applications today; please try again tomorrow'
  readonly report = { level: 'warn', msg: 'a person allows too many new clients' } as const
  override readonly retry_after = 3600
}

// A script that registers and approves, without end, would fill the store with what is kept for good.
const MOST_A_DAY = 200
// Seconds.
const DAY = 86_400
// Seconds: a document that says the same is noted as read again after this time.
const NOTE_EVERY = 3600

/**
 * Keeps approvals in the store: the only thing that is ever written of such a client, apart from what people grant it. `registry`: what
 * tells other nodes that a record has changed.
 */
export function approvalsIn(store: Store, registry?: Registry): Approvals {
  const isKnown: Approvals['isKnown'] = async (client) => {
    if (!client.introduced) return true
    const found = await store.read<Introduced>('introduced', introducedId(client.client_id), 0)
    return found !== undefined && found.approved_at >= approvalsEnd(client)
  }
  return {
    isKnown,
    async count(client, sub, now) {
      if (await isKnown(client)) return
      const id = hash('sha256', JSON.stringify(['introduced', sub]), 'base64url')
      const before = await store.increment(id, now + DAY, now)
      if (before === undefined || before.count < MOST_A_DAY) return
      // Or whoever goes on trying would wait for ever.
      await store.decrement(id, now + DAY)
      throw new TooManyApprovals(`${before.count} new clients in a day, by ${sub}`, client.client_id)
    },
    async note(client, now) {
      if (!client.introduced) return
      const key = { kind: 'introduced', id: introducedId(client.client_id), now: 0 } as const
      const record = recordOf(client, now)
      const { document } = record
      try {
        const known = document && (await store.read<Introduced>(key.kind, key.id, key.now))
        if (known === undefined && (await insertIfNew<Introduced>(store, key, record))) return
        const end = approvalsEnd(client)
        if (document === undefined && end === 0) return
        const changed = await update<Introduced, boolean>(store, { ...key, known }, (before) => {
          if (before === undefined) return { answer: false }
          const counts = before.approved_at >= end
          const news = document !== undefined && isNews(before.document, document)
          if (counts && !news) return { answer: false }
          const approved_at = counts ? before.approved_at : now
          const next = { ...(news ? record : before), approved_at }
          return { next, answer: news && !saysTheSame(before.document, document) }
        })
        if (changed) await registry?.change()
      } catch (error) {
        // Where there is no room it stays unknown, and its errors stay on a page.
        if (!(error instanceof StoreFull) || document !== undefined) throw error
      }
    },
  }
}

/** What the record of a client that introduced itself is stored under. */
export function introducedId(client_id: string): string {
  return hash('sha256', client_id, 'base64url')
}

function recordOf({ client_id, client_name, redirect_uris, introduced }: Client, now: number) {
  const { client_id: _, ...document } = introduced?.document ?? {}
  return {
    ...{ schema: 1 as const, client_id, client_name, redirect_uris, approved_at: now },
    ...(introduced?.document && { document: document as Omit<ReadDocument, 'client_id'> }),
  }
}

function isNews(before: Introduced['document'], now: Omit<ReadDocument, 'client_id'>): boolean {
  // What was read earlier says nothing of what was read later.
  if (before !== undefined && now.read_at <= before.read_at) return false
  return !saysTheSame(before, now) || now.read_at >= (before?.read_at ?? 0) + NOTE_EVERY
}

function saysTheSame(one: Introduced['document'], other: Introduced['document']): boolean {
  const said = (document: Introduced['document']) => document && { ...document, read_at: 0 }
  return JSON.stringify(said(one)) === JSON.stringify(said(other))
}
