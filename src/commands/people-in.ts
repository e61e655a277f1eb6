import type { Rooms } from '../composition/rooms.ts'
import { everyPerson } from '../users/person-changes.ts'
import { subOf } from './users/person.ts'

/** One person, or everybody, of the file and the store. */
export async function* peopleIn(
  rooms: Rooms,
  who: string | undefined,
): AsyncGenerator<{ sub: string; username: string }> {
  if (who !== undefined) return yield { sub: await subOf(rooms, who), username: who }
  const { file } = rooms.people
  for (const sub of file.subs) yield { sub, username: file.find(sub)?.username ?? sub }
  for await (const { sub, entry } of everyPerson(rooms.store, rooms.now()))
    yield { sub, username: entry.username }
}
