import { hash } from 'node:crypto'
import type { EventName } from '../events/events.ts'
import { randomText } from '../secrets/random.ts'
import type { Store, StoredRecord } from '../store/store.ts'
import { update } from '../store/update.ts'
import { isOlder } from './since.ts'
import type { User } from './user.ts'

/** Something that happened to somebody's account. */
export interface Happening {
  readonly event: EventName
  readonly client_id?: string
  /** The IP address that it came from. */
  readonly address?: string
  readonly reason?: string
  /** Seconds: the last time. */
  readonly at: number
  /** How often in a row. */
  readonly count: number
}

interface ActivityRecord extends StoredRecord {
  readonly happened: readonly Happening[]
}

// Seconds, and entries: what a person can oversee.
const KEPT = 90 * 86_400
const MAX_KEPT = 50
// Seconds. What repeats itself from one place takes one line: a flood of wrong passwords must not wash away what matters.
const IN_A_ROW = 3600

/** What happened to people's accounts lately, for them to see: one record each, bounded, gone after ninety days. */
export class Activity {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Adds to what happened to somebody. `now` in seconds. Throws `StoreUnavailable`. */
  async note(sub: string, happened: Omit<Happening, 'at' | 'count'>, now: number): Promise<void> {
    const key = { kind: 'activity', id: idOf(sub), now } as const
    const expires_at = now + KEPT
    for (let attempt = 0; attempt < 3; attempt++) {
      const there = await update<ActivityRecord, boolean>(this.#store, key, (record) =>
        record === undefined
          ? { answer: false }
          : { next: { happened: added(record.happened, happened, now), expires_at }, answer: true },
      )
      if (there) return
      const record = { happened: added([], happened, now), expires_at, revision: randomText(9) }
      if ((await this.#store.create(key.kind, key.id, record, now)) === 'won') return
    }
  }

  /**
   * What happened to somebody, the latest first, and not to whoever had their `sub` before. `now` in seconds. Throws `StoreUnavailable`.
   */
  async of(user: Pick<User, 'sub' | 'since'>, now: number): Promise<readonly Happening[]> {
    const record = await this.#store.read<ActivityRecord>('activity', idOf(user.sub), now)
    return living(record?.happened ?? [], now).filter(({ at }) => !isOlder(at, user))
  }

  /** Forgets all of it. Throws `StoreUnavailable`. */
  async forget(sub: string): Promise<void> {
    await this.#store.delete('activity', idOf(sub))
  }
}

function added(
  before: readonly Happening[],
  happened: Omit<Happening, 'at' | 'count'>,
  now: number,
): readonly Happening[] {
  const isSame = (one: Happening) =>
    one.at > now - IN_A_ROW &&
    one.event === happened.event &&
    one.client_id === happened.client_id &&
    one.address === happened.address
  const same = before.find(isSame)
  const others = living(before, now).filter((one) => one !== same)
  return [{ ...happened, at: now, count: (same?.count ?? 0) + 1 }, ...others].slice(0, MAX_KEPT)
}

function living(happened: readonly Happening[], now: number): readonly Happening[] {
  return happened.filter(({ at }) => at > now - KEPT)
}

function idOf(sub: string): string {
  return hash('sha256', `activity ${sub}`, 'base64url')
}
