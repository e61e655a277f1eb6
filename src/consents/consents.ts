import { hash } from 'node:crypto'
import { randomText } from '../secrets/random.ts'
import { askEach, members } from '../store/members.ts'
import { type Store, type StoredRecord, StoreUnavailable } from '../store/store.ts'
import { update } from '../store/update.ts'
import { type Approved, withApproved } from './approved.ts'

/** What a person has approved for a client, until they take it back. Durable. */
export interface Consent extends StoredRecord, Approved {
  readonly schema: 2
  /** Set if it has an end, which releases with schema 1 do not know: they would let the client in for ever. */
  readonly least_schema?: 2
  /** The client that it was given to last, if it is one of several that share it. */
  readonly client_id: string
  /** What it is kept under, if that is not the client's id. */
  readonly consent_id?: string
  readonly sub: string
  /** Digest of what the client said of itself, if it is one that may change that (`Introduction`). */
  readonly seen?: string
  /**
   * Seconds: when the first part of it was approved. What is added later does not make it younger, or the approvals of
   * whoever had the `sub` before would pass for those of the present person.
   */
  readonly granted_at: number
  /** Seconds: past it the person is asked again. Absent: until they take it back. */
  readonly ends_at?: number
}

/** Whether the time is over for which the person has approved. `now` in seconds. */
export function hasLapsed({ ends_at }: Pick<Consent, 'ends_at'>, now: number): boolean {
  return ends_at !== undefined && ends_at <= now
}

// An index wants an end for each member; the decision has none.
const NEVER = 253_402_300_799

/** Remembered decisions, one record for each person and client. */
export class Consents {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** `consent_id`: what decisions about a client are kept under, its id as a rule (`consentIdOf`). */
  async find(sub: string, consent_id: string, now: number): Promise<Consent | undefined> {
    return this.#store.read<Consent>('consent', keyOf(sub, consent_id), now)
  }

  /**
   * Adds to what is approved; replaces what was approved before `since` (seconds), which counts no more, or of a client that said
   * something else of itself then (`seen`). The end that was chosen last (`ends_at`, seconds) counts for all of it: what was approved
   * until an earlier one is replaced, too, or it would last longer than the person has said.
   */
  async remember(
    decision: {
      sub: string
      client_id: string
      consent_id?: string | undefined
      since?: number | undefined
      seen?: string | undefined
      ends_at?: number | undefined
    } & Approved,
    now: number,
  ): Promise<void> {
    const { sub, client_id, consent_id = client_id, since = 0, seen, ends_at } = decision
    const approved = withApproved({ scope: '' }, decision)
    const end = ends_at === undefined ? {} : ({ ends_at, least_schema: 2 } as const)
    const key = { kind: 'consent', id: keyOf(sub, consent_id), now } as const
    const record: Consent = {
      schema: 2,
      client_id,
      ...(consent_id !== client_id && { consent_id }),
      sub,
      ...approved,
      ...(seen !== undefined && { seen }),
      granted_at: now,
      ...end,
      revision: randomText(9),
    }
    // Before the record and after it: a decision that works is always one that the person can see and take back, also
    // if they take it back in another tab meanwhile.
    const link = () => this.#store.link(bySubject(sub), consent_id, NEVER, now)
    await link()
    for (let attempt = 0; attempt < 3; attempt++) {
      if ((await this.#store.create(key.kind, key.id, record, now)) === 'won') {
        await link()
        return
      }
      // Somebody's record is there, perhaps our own: add to it, unless it has gone in between.
      const added = await update<Consent, boolean>(this.#store, key, (current) => {
        if (current === undefined) return { answer: false }
        if (current.granted_at < since || current.seen !== seen || endsBefore(current, ends_at))
          return { next: record, answer: true }
        const next = withApproved(current, decision)
        if (next === current && current.client_id === client_id && current.ends_at === ends_at)
          return { answer: true }
        return { next: { ...next, client_id, ...end }, answer: true }
      })
      if (added) return
    }
    throw new StoreUnavailable('the outcome of a write is unknown')
  }

  /** Forgets the decision: the person is asked again. Returns it as it was, if there was one. */
  async forget(sub: string, consent_id: string): Promise<Consent | undefined> {
    const key = { kind: 'consent', id: keyOf(sub, consent_id), now: 0 } as const
    const forgotten = await update<Consent, Consent | undefined>(this.#store, key, (consent) => ({
      next: 'delete',
      answer: consent,
    }))
    await this.#store.unlink(bySubject(sub), consent_id)
    return forgotten
  }

  /** What a person has approved and not taken back. */
  async ofSubject(sub: string, now: number): Promise<Consent[]> {
    const ids = await members(this.#store, bySubject(sub), now)
    const found = await askEach(ids, (consent_id) => this.find(sub, consent_id, now))
    return found.filter((consent) => consent !== undefined)
  }
}

function endsBefore({ ends_at = Infinity }: Consent, other = Infinity): boolean {
  return ends_at < other
}

function bySubject(sub: string): string {
  return `consents_of:${sub}`
}

function keyOf(sub: string, consent_id: string): string {
  return hash('sha256', JSON.stringify([sub, consent_id]), 'base64url')
}
