import type { Store } from './store.ts'

/** All members of an index that have not expired, page by page. */
export async function members(store: Store, index: string, now: number): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list(index, now, cursor)
    found.push(...page.members)
    cursor = page.cursor
  } while (cursor !== undefined)
  return [...new Set(found)]
}
