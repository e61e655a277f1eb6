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

// Records asked for at once: one person's thousand must not take the place of what everybody else waits for.
const AT_ONCE = 100

/** What `read` gives for each member, in their order, a bounded number at a time. */
export async function readEach<T>(
  found: readonly string[],
  read: (member: string) => Promise<T>,
): Promise<T[]> {
  const all: T[] = []
  for (let at = 0; at < found.length; at += AT_ONCE) {
    all.push(...(await Promise.all(found.slice(at, at + AT_ONCE).map(read))))
  }
  return all
}
