import { CachedRecords } from '../../registry/cached-records.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Store } from '../../store/store.ts'
import { type Introduced, introducedId } from '../introduced/approvals.ts'
import type { ReadDocument } from './documents.ts'

/**
 * What the document of a client said when somebody here last approved the client; undefined if nobody ever has. The same object for
 * as long as it is the same, so that its client is made once. Throws `StoreUnavailable`.
 */
export type ApprovedDocument = (
  client_id: string,
) => ReadDocument | undefined | Promise<ReadDocument | undefined>

// Of a store without a registry, which is the memory of this process.
const MAX_KEPT = 1000

/** Finds them in the store; with a registry, which says when one has changed, once for all requests. */
export function approvedDocuments(store: Store, registry: Registry | undefined): ApprovedDocument {
  if (registry !== undefined) {
    const records = new CachedRecords<Introduced, ReadDocument>(store, {
      registry,
      kind: 'introduced',
      make: documentIn,
    })
    return (client_id) => records.find(introducedId(client_id))
  }
  const kept = new Map<string, { revision: string; document: ReadDocument | undefined }>()
  return async (client_id) => {
    const record = await store.read<Introduced>('introduced', introducedId(client_id), 0)
    if (record === undefined) return undefined
    const { revision } = record
    const known = kept.get(client_id)
    if (known?.revision === revision) return known.document
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
    const document = documentIn(record)
    kept.set(client_id, { revision, document })
    return document
  }
}

function documentIn({ client_id, document }: Introduced): ReadDocument | undefined {
  return document && { ...document, client_id }
}
