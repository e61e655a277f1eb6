import { kindOfHash } from '../passwords/password-hash.ts'
import { endOfAll, type Registry } from '../registry/registry.ts'
import { Roll } from '../registry/roll.ts'
import { randomText } from '../secrets/random.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import { type Decision, insertIfNew, update } from '../store/update.ts'
import { admitHash } from './admitted-hash.ts'
import { releaseName, takeName } from './names-held.ts'
import {
  type FormerPerson,
  isPerson,
  namesOf,
  type PersonEntry,
  type PersonRecord,
  personId,
} from './person-record.ts'

/** What people are made and changed with. */
export interface PeopleContext {
  store: Store
  registry: Registry
  /** What the configuration file has, which nobody else may take. */
  file: { hasName(folded: string): boolean; hasSub(sub: string): boolean }
  /** Seconds. */
  now: () => number
}

/** A person as they are to be made. Their words have been checked, and the hash. */
export interface NewPerson {
  entry: PersonEntry
  /** Random if it is not given. */
  sub?: string | undefined
  password_hash?: string | undefined
  disabled?: boolean
  until?: number | undefined
  /** Seconds; now if it is not given. */
  since?: number | undefined
  /** Whether nobody but an empty server wants it: the next one takes its place. */
  first?: boolean
}

type Change = (record: PersonRecord) => PersonRecord | undefined
/** Why somebody cannot be made or changed: the words are for whoever wants to. */
export class PersonRefused extends Error {
  override readonly name = 'PersonRefused'
}

/**
 * Makes a person. Their record claims the names first and takes them then, so of any who want a name at once one has it, and a
 * crash in between leaves a name that can be taken. Returns the record. Without `announce` the caller tells the nodes, once for many. Throws `PersonRefused` and `StoreUnavailable`.
 */
export async function createPerson(
  context: PeopleContext,
  person: NewPerson,
  { announce = true }: { announce?: boolean } = {},
): Promise<PersonRecord> {
  const { store, registry, file } = context
  const now = context.now()
  const { entry, sub = randomText(16), password_hash, disabled = false, until, since = now, first } = person
  const names = namesOf(entry)
  refuseTaken(context, names)
  if (file.hasSub(sub))
    throw new PersonRefused(`the sub ${sub} is that of somebody in the configuration file`)
  const record = {
    ...{ schema: 1 as const, sub, entry, names, disabled, since },
    ...(password_hash !== undefined && { password_hash }),
    ...(until !== undefined && { until }),
  }
  const id = personId(sub)
  if (password_hash !== undefined) await admitHash(registry, password_hash, refuseHash)
  if (announce && !first) await takePlaceOfFirst(context)
  await rollOf(store).add(id, now)
  if (!(await insertIfNew<PersonRecord>(store, { kind: 'person', id, now: 0 }, record)))
    throw new PersonRefused(`the sub ${sub} is somebody's, or was: it is never given again`)
  try {
    await takeAll(store, names, sub)
  } catch (error) {
    if (error instanceof PersonRefused) {
      await store.delete('person', id)
      await rollOf(store).remove(id)
    }
    throw error
  }
  if (announce) await registry.change(() => ({ first: first ? sub : '' }))
  return { ...record, revision: '' }
}

/** Tells all nodes of people who were made without an announcement. Throws `StoreUnavailable`. */
export async function announcePeople(context: PeopleContext): Promise<void> {
  await takePlaceOfFirst(context)
  await context.registry.change(() => ({ first: '' }))
}

/**
 * Finds anew which kinds of hashes there are, by a look at everybody: what nobody has any more would go on making each login
 * dearer. Throws `StoreUnavailable`.
 */
export async function recountKinds({ store, registry, now }: PeopleContext): Promise<void> {
  const kinds = new Set<string>()
  for await (const { password_hash } of everyPerson(store, now()))
    if (password_hash !== undefined) kinds.add(kindOfHash(password_hash))
  // One that is added meanwhile works: a login adds its own kind.
  await registry.change(() => ({ hash_kinds: [...kinds] }))
}

/**
 * Changes what is said of a person. `change` is pure, gets the record and returns the next, or undefined for none. A new name
 * is claimed beside the old one, taken, and only then the old one claimed no more. Returns the record as it is now. Throws
 * `PersonRefused` and `StoreUnavailable`.
 */
export async function changePerson(
  context: PeopleContext,
  sub: string,
  change: Change,
): Promise<PersonRecord> {
  const { store, registry } = context
  for (let attempt = 0; attempt < 10; attempt++) {
    await admitChange(context, sub, change)
    let unclaimed = false
    const changed = await decideOn(store, sub, (record) => {
      const next = change(record)
      const names = next && namesOf(next.entry)
      // Another change at the same time has dropped the claim, and the name may be somebody else's by now.
      unclaimed = names?.some((name) => !record.names.includes(name)) === true
      return next && names && !unclaimed ? { ...next, names } : undefined
    })
    if (unclaimed) continue
    await registry.change((state) => ({
      first: state.first === sub && changed.password_hash !== undefined ? '' : state.first,
    }))
    return changed
  }
  throw new StoreUnavailable('the names of the person stayed contended')
}

// Admits the hash that the change brings, and takes its names, claimed beside those that there are. What is claimed no more is nobody's.
async function admitChange(context: PeopleContext, sub: string, change: Change): Promise<void> {
  const before = requirePerson(await readPerson(context.store, sub), sub)
  const { entry, password_hash } = change(before) ?? before
  // Whoever has a hash keeps it, also one that was admitted under other bounds: a rename or an end must not fail on it.
  if (password_hash !== undefined && password_hash !== before.password_hash)
    await admitHash(context.registry, password_hash, refuseHash)
  const fresh = namesOf(entry).filter((name) => !before.names.includes(name))
  refuseTaken(context, fresh)
  if (fresh.length === 0) return
  await decideOn(context.store, sub, (record) => ({
    ...record,
    names: [...new Set([...record.names, ...fresh])],
  }))
  try {
    await takeAll(context.store, fresh, sub)
  } catch (error) {
    if (error instanceof PersonRefused)
      await decideOn(context.store, sub, (record) => ({
        ...record,
        names: record.names.filter((name) => !fresh.includes(name) || namesOf(record.entry).includes(name)),
      }))
    throw error
  }
}

/** Ends what a person has been given by logins until now: also what nodes give that have not seen it yet. */
export function endedNow(record: PersonRecord, now: number): PersonRecord {
  return { ...record, ended_before: endOfAll(now) }
}

/**
 * Deletes a person; only the `sub` is kept, so that nobody else gets it. Their sessions, grants and consents are the caller's.
 * Returns the record as it was. Throws `PersonRefused` and `StoreUnavailable`.
 */
export async function deletePerson(context: PeopleContext, sub: string): Promise<PersonRecord> {
  const { store, registry } = context
  const id = personId(sub)
  const deleted_at = context.now()
  const was = await update<PersonRecord | FormerPerson, PersonRecord | undefined>(
    store,
    { kind: 'person', id, now: 0 },
    (record) =>
      isPerson(record) ? { next: formerOf(record, deleted_at), answer: record } : { answer: undefined },
  )
  const record = requirePerson(was, sub)
  for (const name of record.names) await releaseName(store, name, record.sub)
  await rollOf(store).remove(id)
  await registry.change(({ first }) => (first === sub ? { first: '' } : {}))
  return record
}

/** The person of a `sub`, or undefined. Throws `StoreUnavailable`. */
export async function readPerson(store: Store, sub: string): Promise<PersonRecord | undefined> {
  const record = await store.read<PersonRecord | FormerPerson>('person', personId(sub), 0)
  return isPerson(record) && record.sub === sub ? record : undefined
}

/** Everybody in the store, in no order that means anything. `now` in seconds. */
export async function* everyPerson(store: Store, now: number): AsyncGenerator<PersonRecord> {
  for await (const record of rollOf(store).records<PersonRecord | FormerPerson>(now))
    if (isPerson(record)) yield record
}

function rollOf(store: Store): Roll {
  return new Roll(store, 'person')
}

function formerOf({ sub, adopted }: PersonRecord, deleted_at: number): Omit<FormerPerson, 'revision'> {
  return { schema: 1, sub, names: [], deleted_at, ...(adopted && { adopted }) }
}

// Also their name.
async function takePlaceOfFirst(context: PeopleContext): Promise<void> {
  const { first = '' } = await context.registry.refresh()
  const record = first === '' ? undefined : await readPerson(context.store, first)
  if (record !== undefined && record.password_hash === undefined) await deletePerson(context, first)
}

function refuseHash(problem: string): never {
  throw new PersonRefused(`the hash ${problem}`)
}

function refuseTaken({ file }: PeopleContext, names: readonly string[]): void {
  const taken = names.find((name) => file.hasName(name))
  if (taken !== undefined)
    throw new PersonRefused(`${taken} is the name or address of somebody in the configuration file`)
}

async function takeAll(store: Store, names: readonly string[], sub: string): Promise<void> {
  // Those before it are claimed by no record soon, which makes them nobody's; a change at the same time may want them too.
  for (const name of names)
    if (!(await takeName(store, name, sub)))
      throw new PersonRefused(`${name} is the name or address of somebody else`)
}

async function decideOn(store: Store, sub: string, change: Change): Promise<PersonRecord> {
  const decide = (
    record: PersonRecord | FormerPerson | undefined,
  ): Decision<PersonRecord, PersonRecord | undefined> => {
    if (!isPerson(record)) return { answer: undefined }
    const next = change(record)
    return next === undefined ? { answer: record } : { next, answer: next }
  }
  const key = { kind: 'person', id: personId(sub), now: 0 } as const
  return requirePerson(await update<PersonRecord, PersonRecord | undefined>(store, key, decide), sub)
}

function requirePerson(record: PersonRecord | undefined, sub: string): PersonRecord {
  if (record === undefined) throw new PersonRefused(`there is nobody with the sub ${sub} in the store`)
  return record
}
