import { type Kind, type Store, type StoredRecord, StoreFull } from './store.ts'
import { insert } from './update.ts'

/** The index that a record is listed in, and until when (seconds). */
export interface Listing {
  index: string
  until: number
}

/**
 * Inserts a record and its link in the index of whoever it belongs to, in one go: a crash in between leaves a link to
 * nothing, which listing skips. Returns the number of the index's members, for a caller that makes room. Throws like
 * `insert`.
 */
export async function insertListed(
  store: Store,
  { index, until }: Listing,
  { key, record }: { key: { kind: Kind; id: string; now: number }; record: Omit<StoredRecord, 'revision'> },
): Promise<number> {
  const linked = store.link(index, key.id, until, key.now)
  const inserted = insert(store, key, record).catch(async (error) => {
    // A store that is full must not go on filling up with links to what it refused.
    if (error instanceof StoreFull) await store.unlink(index, key.id)
    throw error
  })
  const [members] = await Promise.all([linked, inserted])
  return members
}
