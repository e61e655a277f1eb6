import { randomText } from '../secrets/random.ts'
import { type Kind, type Store, type StoredRecord, StoreUnavailable } from './store.ts'

/** What a pure transition decided about a record. */
export interface Decision<R, A> {
  /** The next version, without its revision; `'delete'`; or absent if the record stays as it is. */
  next?: Omit<R, 'revision'> | 'delete'
  answer: A
  /**
   * Set if the decision blames the caller for using something twice. After a write of our own with an unknown outcome
   * we may be seeing our own first attempt, so nobody must act on it.
   */
  accuses?: boolean
}

// Every lost round means that somebody else's write succeeded, so the loop makes progress; the bound is for
// a record under attack.
const ATTEMPTS = 100

/** Which record, and when. */
export interface RecordKey<R> {
  kind: Kind
  id: string
  /** Seconds. */
  now: number
  /** The record, if the caller has just read it: saves the first round trip. */
  known?: R | undefined
}

/**
 * The only way to change a record: read, decide (pure), replace if unchanged, again while lost. `decide` gets
 * undefined if there is no record; it may then only answer. Returns the answer of the decision that held.
 * Throws `StoreUnavailable` if the store is down, stays contended, or leaves it unclear what happened.
 */
export async function update<R extends StoredRecord, A>(
  store: Store,
  key: RecordKey<R>,
  decide: (record: R | undefined) => Decision<R, A>,
): Promise<A> {
  const { kind, id, now } = key
  // Answers of writes of ours whose outcome is unknown, by the revision they drew; and of a deletion.
  let mine: Map<string, A> | undefined
  let deleted: { answer: A } | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = attempt === 0 && key.known ? key.known : await store.read<R>(kind, id, now)
    if (record !== undefined && mine?.has(record.revision)) return mine.get(record.revision) as A
    if (record === undefined && deleted !== undefined) return deleted.answer
    const { next, answer, accuses } = decide(record)
    if (accuses && mine) throw new StoreUnavailable('the outcome of a write is unknown')
    if (next === undefined || record === undefined) return answer
    if (next === 'delete') {
      // Deleting twice does no harm: an unknown outcome is simply tried again.
      if ((await store.delete(kind, id)) === 'won') return answer
      deleted = { answer }
      await store.reachable()
      continue
    }
    const revision = randomText(9)
    const outcome = await store.replace(kind, id, record.revision, { ...next, revision } as R, now)
    if (outcome === 'won') return answer
    if (outcome === 'lost') continue
    mine = (mine ?? new Map()).set(revision, answer)
    await store.reachable()
  }
  throw new StoreUnavailable(`the ${kind} record stayed contended`)
}

/**
 * Creates a record under a fresh random id and stays with it until the store confirms it. Throws `StoreUnavailable`, also if
 * the id is taken: nobody draws one twice.
 */
export async function insert(
  store: Store,
  key: { kind: Kind; id: string; now: number },
  record: Omit<StoredRecord, 'revision'>,
): Promise<void> {
  if (await insertIfNew(store, key, record)) return
  throw new StoreUnavailable(`a ${key.kind} record with this id exists`)
}

/**
 * Creates a record unless one is there, and stays with it until the store confirms it: after an unknown outcome, `lost` can
 * mean that our own first attempt is there. Returns whether the record is ours. Throws `StoreUnavailable`.
 */
export async function insertIfNew<R extends StoredRecord>(
  store: Store,
  { kind, id, now }: { kind: Kind; id: string; now: number },
  record: Omit<R, 'revision'>,
): Promise<boolean> {
  const complete = { ...record, revision: randomText(9) } as R
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = await store.create(kind, id, complete, now)
    if (outcome === 'won') return true
    if (outcome === 'lost') return (await store.read(kind, id, now))?.revision === complete.revision
    await store.reachable()
  }
  throw new StoreUnavailable('the outcome of a write is unknown')
}
