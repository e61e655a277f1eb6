import type { Workbench } from '../composition/workbench.ts'
import { everyPerson, readPerson } from '../users/person-changes.ts'
import { subOf } from './users/person.ts'

/** One person, or everybody, of the file and the store. Throws `NotFound` for somebody who does not exist. */
export async function* peopleIn(
  bench: Workbench,
  who: string | undefined,
): AsyncGenerator<{ sub: string; username: string }> {
  const { file, store } = bench
  if (who !== undefined) {
    const sub = await subOf(bench, who)
    const username = file.find(sub)?.username ?? (await readPerson(store, sub))?.entry.username ?? who
    return yield { sub, username }
  }
  for (const sub of file.subs) yield { sub, username: file.find(sub)?.username ?? sub }
  for await (const { sub, entry } of everyPerson(store, bench.now())) yield { sub, username: entry.username }
}
