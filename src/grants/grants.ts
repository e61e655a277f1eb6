import type { Lifetimes } from '../clients/client.ts'
import { termsOf } from '../protocol/terms.ts'
import { random } from '../secrets/random.ts'
import { insertListed } from '../store/listed.ts'
import { askEach, members } from '../store/members.ts'
import type { Store } from '../store/store.ts'
import { type Decision, update } from '../store/update.ts'
import type { FoundGrant } from './found-grant.ts'
import { type Grant, type NextGrant, NONE, type PreparedTokens } from './grant.ts'
import { type NewGrant, unredeemed } from './new-grant.ts'
import { capped, prepare } from './prepare.ts'
import { type RedeemAnswer, type RedeemInput, redeem } from './redeem.ts'
import { type RefreshAnswer, type RefreshInput, refresh } from './refresh.ts'
import { type AccessTokenFacts, revokeAccessToken } from './revoke.ts'
import { MAX_OF_SUBJECT, surplusOf } from './room.ts'

/** A grant that was just created, and the grants of the same person that gave way to it. */
export interface Created {
  id: string
  ended: readonly FoundGrant[]
}

/** Grants in the store: every change is one of the pure transitions, run by the compare-and-swap loop. */
export class Grants {
  readonly #store: Store
  /** The people whose surplus grants are being ended now. */
  readonly #clearing = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Creates a grant, unredeemed. */
  async create(facts: NewGrant, now: number): Promise<Created> {
    return this.#insert(unredeemed(facts, now), now)
  }

  /**
   * Creates a grant that an access token is issued from at once: beside a code (hybrid flow), or without one and, if
   * `refresh` is true, with a refresh token.
   */
  async createWithToken(
    facts: NewGrant,
    { code, refresh, lifetimes }: { code: boolean; refresh: boolean; lifetimes: Lifetimes },
    now: number,
  ): Promise<Created & { grant: NextGrant; tokens: PreparedTokens }> {
    const waiting = unredeemed(facts, now)
    const expires_at = capped(now + lifetimes.refresh_token_ttl, waiting.ends_at)
    const state = refresh ? { generation: 0, expires_at, rotations: NONE } : null
    const grant = code ? waiting : { ...waiting, redeemed: true, nonce: null, refresh: state }
    const prepared = prepare(grant, { terms: termsOf(grant), lifetimes }, now)
    const linked = { ...prepared.grant, linked_until: prepared.grant.expires_at }
    return { ...(await this.#insert(linked, now)), tokens: prepared.tokens, grant: linked }
  }

  async #insert(grant: NextGrant, now: number): Promise<Created> {
    const id = random(16).toString('base64url')
    const listing = { index: bySubject(grant.sub), until: grant.linked_until }
    // If this fails, no code is issued for the grant, and the grant ends when its code would have ended.
    const key = { kind: 'grant', id, now } as const
    const members = await insertListed(this.#store, listing, { key, record: grant })
    return { id, ended: members > MAX_OF_SUBJECT ? await this.#makeRoom(grant.sub, id, now) : [] }
  }

  // Once at a time for each person: of many requests that find the room full, the first one makes room for all.
  async #makeRoom(sub: string, created: string, now: number): Promise<readonly FoundGrant[]> {
    if (this.#clearing.has(sub)) return []
    this.#clearing.add(sub)
    try {
      const others = (await this.ofSubject(sub, now)).filter(({ id }) => id !== created)
      return await this.revokeAll(surplusOf(others))
    } finally {
      this.#clearing.delete(sub)
    }
  }

  /** Returns the grant, or undefined if it is unknown, ended or revoked. `now` in seconds. */
  find(id: string, now: number): Promise<Grant | undefined> {
    return this.#store.read<Grant>('grant', id, now)
  }

  /** Redeems the code of a grant that was just read. */
  redeem(found: FoundGrant, input: RedeemInput, now: number): Promise<RedeemAnswer> {
    const decide = (grant: Grant | undefined) => redeem(grant, input, now)
    const { access_token_ttl, refresh_token_ttl } = input.lifetimes
    const reach = input.refresh ? Math.max(access_token_ttl, refresh_token_ttl) : access_token_ttl
    return this.#change<RedeemAnswer>(found, { reach, linkFirst: false }, { now, decide })
  }

  /** Refreshes a grant that was just read. */
  refresh(found: FoundGrant, input: RefreshInput, now: number): Promise<RefreshAnswer> {
    const decide = (grant: Grant | undefined) => refresh(grant, input, now)
    const { access_token_ttl, refresh_token_ttl } = input.lifetimes
    const reach = Math.max(access_token_ttl, refresh_token_ttl)
    return this.#change<RefreshAnswer>(found, { reach, linkFirst: true }, { now, decide })
  }

  /** Revokes one access token. Returns whether it was good until now. */
  async revokeAccessToken(token: AccessTokenFacts, now: number): Promise<boolean> {
    return update<Grant, boolean>(this.#store, { kind: 'grant', id: token.grant_id, now }, (grant) =>
      revokeAccessToken(grant, token, now),
    )
  }

  /** Revokes everything that was issued for a grant. Idempotent. Returns whether the grant was there until now. */
  async revoke(id: string, sub: string): Promise<boolean> {
    const key = { kind: 'grant', id, now: 0 } as const
    const there = await update<Grant, boolean>(this.#store, key, (grant) => ({
      next: 'delete',
      answer: grant !== undefined,
    }))
    await this.#store.unlink(bySubject(sub), id)
    return there
  }

  /** Revokes these grants. Returns those that were there until now. */
  async revokeAll(found: readonly FoundGrant[]): Promise<FoundGrant[]> {
    const there = await askEach(found, ({ id, grant }) => this.revoke(id, grant.sub))
    return found.filter((_, at) => there[at])
  }

  /** Returns a person's living grants. Skips a link without a record: the record may just be about to be written. */
  async ofSubject(sub: string, now: number): Promise<FoundGrant[]> {
    const ids = await members(this.#store, bySubject(sub), now)
    const found = await askEach(ids, async (id) => ({ id, grant: await this.find(id, now) }))
    return found.flatMap(({ id, grant }) => (grant?.sub === sub ? [{ id, grant }] : []))
  }

  // The link's end moves along with the grant's, ahead of it, so that few refreshes write it. `reach`: how many seconds a
  // token may live from now. `linkFirst`: a retried refresh trusts the record's `linked_until`, so the link must exist
  // before it. A retried redemption revokes the grant, so both writes may go out together.
  async #change<A extends RedeemAnswer | RefreshAnswer>(
    { id, grant }: FoundGrant,
    { reach, linkFirst }: { reach: number; linkFirst: boolean },
    { now, decide }: { now: number; decide: (grant: Grant | undefined) => Decision<Grant, A> },
  ): Promise<A> {
    const key = { kind: 'grant', id, now, known: grant } as const
    const index = bySubject(grant.sub)
    const expires_at = Math.max(grant.expires_at, capped(now + reach, grant.ends_at))
    let linked: Promise<number> | undefined
    let change = decide
    let gone = false
    if (expires_at > grant.linked_until) {
      const until = expires_at + Math.min(MAX_AHEAD, Math.floor(reach / 10))
      linked = this.#store.link(index, id, until, now)
      if (linkFirst) await linked
      change = (current) => {
        gone = current === undefined
        return linkedUntil(decide(current), until)
      }
    }
    const changed = update<Grant, A>(this.#store, key, change)
    const answer = linked === undefined ? await changed : (await Promise.all([changed, linked]))[0]
    // The grant was used twice, or somebody else has just revoked it: a link would lead nowhere.
    if (answer.result === 'reused' || gone) await this.#store.unlink(index, id)
    return answer
  }
}

function bySubject(sub: string): string {
  return `grants_of:${sub}`
}

// Seconds that a link may outlive its grant: few, so that most links of an index lead to living grants.
const MAX_AHEAD = 3600

function linkedUntil<A>(decision: Decision<Grant, A>, until: number): Decision<Grant, A> {
  const { next } = decision
  if (next === undefined || next === 'delete') return decision
  return { ...decision, next: { ...next, linked_until: Math.max(next.linked_until, until) } }
}
