import type { Workbench } from '../composition/workbench.ts'
import { everyPerson } from '../users/person-changes.ts'
import { subOf } from './users/person.ts'

/** One person, or everybody, of the file and the store. */
export async function* peopleIn(
  bench: Workbench,
  who: string | undefined,
): AsyncGenerator<{ sub: string; username: string }> {
  if (who !== undefined) return yield { sub: await subOf(bench, who), username: who }
  const { file } = bench
  for (const sub of file.subs) yield { sub, username: file.find(sub)?.username ?? sub }
  for await (const { sub, entry } of everyPerson(bench.store, bench.now()))
    yield { sub, username: entry.username }
}
