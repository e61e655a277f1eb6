import { randomText } from '../secrets/random.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'
import {
  type FormerPerson,
  isPerson,
  type NameRecord,
  nameId,
  type PersonRecord,
  personId,
} from './person-record.ts'

// Of those who want a name at once, each lost round is another's success.
const ATTEMPTS = 10

/**
 * Takes a folded name for the person `sub`, whose record claims it already. False if it is somebody else's. What somebody
 * has left (a crash, a deletion, another name) is nobody's: a name is held only by a record that claims it.
 * Throws `StoreUnavailable`.
 */
export async function takeName(store: Store, folded: string, sub: string): Promise<boolean> {
  const key = { kind: 'name', id: nameId(folded), now: 0 } as const
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const fresh: NameRecord = { schema: 1, sub, revision: randomText(9) }
    if ((await store.create(key.kind, key.id, fresh, key.now)) === 'won') return true
    const known = await store.read<NameRecord>(key.kind, key.id, key.now)
    if (known === undefined) continue
    if (known.sub !== sub && (await isHeld(store, folded, known))) return false
    // Written again even if it is theirs already: whoever saw that their record did not claim it yet must lose.
    const taken = await update<NameRecord, boolean>(store, { ...key, known }, (record) =>
      record?.revision === known.revision ? { next: { ...record, sub }, answer: true } : { answer: false },
    )
    if (taken) return true
  }
  throw new StoreUnavailable('the name stayed contended')
}

/** Gives up a folded name of somebody who was deleted: anybody else could want it again meanwhile. */
export async function releaseName(store: Store, folded: string, sub: string): Promise<void> {
  // Never deleted: of a deletion nobody could say whose record it meets.
  await update<NameRecord, void>(store, { kind: 'name', id: nameId(folded), now: 0 }, (record) =>
    record?.sub === sub ? { next: { ...record, sub: '' }, answer: undefined } : { answer: undefined },
  )
}

/** The person who has this folded name, or undefined. The same two questions for every name. */
export async function holderOf(store: Store, folded: string): Promise<PersonRecord | undefined> {
  const name = await store.read<NameRecord>('name', nameId(folded), 0)
  const record = await store.read<PersonRecord | FormerPerson>('person', personId(name?.sub ?? ''), 0)
  return isPerson(record) && record.names.includes(folded) ? record : undefined
}

async function isHeld(store: Store, folded: string, { sub }: NameRecord): Promise<boolean> {
  if (sub === '') return false
  const record = await store.read<PersonRecord | FormerPerson>('person', personId(sub), 0)
  return record?.sub === sub && isPerson(record) && record.names.includes(folded)
}
