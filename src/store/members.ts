import type { Store } from './store.ts'

/** All members of an index that have not expired, page by page. */
export async function members(store: Store, index: string, now: number): Promise<string[]> {
  const found = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await store.list(index, now, cursor)
    for (const member of page.members) found.add(member)
    cursor = page.cursor
  } while (cursor !== undefined)
  return [...found]
}

// Questions to the store at once: the thousand records of one person must not delay what everybody else waits for.
const AT_ONCE = 20

/** Returns the answers of `ask` for each, in their order; it asks a bounded number at a time. */
export async function askEach<M, T>(all: readonly M[], ask: (one: M) => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  for (let at = 0; at < all.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(ask))))
  }
  return answers
}
