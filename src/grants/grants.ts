import type { Lifetimes } from '../clients/client.ts'
import { random } from '../secrets/random.ts'
import type { Store } from '../store/store.ts'
import { type Decision, insert, update } from '../store/update.ts'
import { type Grant, NONE } from './grant.ts'
import { type RedeemAnswer, type RedeemInput, redeem } from './redeem.ts'
import { type RefreshAnswer, type RefreshInput, refresh } from './refresh.ts'
import { type AccessTokenFacts, revokeAccessToken } from './revoke.ts'

/** A grant with its id, as it was just read. */
export interface FoundGrant {
  id: string
  grant: Grant
}

/** What a person has just approved. */
export interface Approval {
  client_id: string
  sub: string
  sid: string
  scope: string
  auth_time: number
  /** Seconds: when the unredeemed code, and with it the grant, ends. */
  code_expires_at: number
  /** Seconds a grant may live at most; 0 = no limit. */
  grant_max_ttl: number
}

/** Grants in the store: every change is one of the pure transitions, run by the compare-and-swap loop. */
export class Grants {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Creates the grant of an approval, unredeemed; gives its id. */
  async create(approval: Approval, now: number): Promise<string> {
    const { client_id, sub, sid, scope, auth_time, code_expires_at, grant_max_ttl } = approval
    const id = random(16).toString('base64url')
    // Every field in one literal, empty lists shared: at a hundred thousand grants the layout is what costs.
    const grant: Grant = {
      revision: '',
      client_id,
      sub,
      sid,
      scope,
      auth_time,
      expires_at: code_expires_at,
      ends_at: grant_max_ttl > 0 ? now + grant_max_ttl : null,
      redeemed: false,
      refresh: null,
      profiles: NONE,
      revoked: NONE,
      revoked_before: 0,
    }
    // Link, then record, in one go: a crash in between leaves a link to nothing, which listing drops. Whichever of
    // them fails, no code is given for this grant, and it ends with the code it does not have.
    const linked = this.#store.link(bySubject(sub), id, linkEnd(code_expires_at), now)
    await Promise.all([linked, insert(this.#store, { kind: 'grant', id, now }, grant)])
    return id
  }

  async find(id: string, now: number): Promise<Grant | undefined> {
    return this.#store.read<Grant>('grant', id, now)
  }

  /** Redeems the code of a grant that was just read. */
  async redeem(found: FoundGrant, input: RedeemInput, now: number): Promise<RedeemAnswer> {
    const decide = (grant: Grant | undefined) => redeem(grant, input, now)
    return this.#change<RedeemAnswer>(found, input.lifetimes, { now, decide })
  }

  /** Refreshes a grant that was just read. */
  async refresh(found: FoundGrant, input: RefreshInput, now: number): Promise<RefreshAnswer> {
    const decide = (grant: Grant | undefined) => refresh(grant, input, now)
    return this.#change<RefreshAnswer>(found, input.lifetimes, { now, decide })
  }

  /** Revokes one access token; whether it was good until now. */
  async revokeAccessToken(token: AccessTokenFacts, now: number): Promise<boolean> {
    return update<Grant, boolean>(this.#store, { kind: 'grant', id: token.grant_id, now }, (grant) =>
      revokeAccessToken(grant, token, now),
    )
  }

  /** Revokes everything that the authorization gave. Idempotent. */
  async revoke(id: string, sub: string): Promise<void> {
    await update(this.#store, { kind: 'grant', id, now: 0 }, () => ({ next: 'delete', answer: undefined }))
    await this.#store.unlink(bySubject(sub), id)
  }

  /** A person's living grants. Drops links that lead nowhere. */
  async ofSubject(sub: string, now: number): Promise<readonly FoundGrant[]> {
    const found: FoundGrant[] = []
    let cursor: string | undefined
    do {
      const page = await this.#store.list(bySubject(sub), now, cursor)
      for (const id of page.members) {
        const grant = await this.find(id, now)
        if (grant?.sub === sub) found.push({ id, grant })
      }
      cursor = page.cursor
    } while (cursor !== undefined)
    return found
  }

  // The link moves along with the grant's end, in hours, so that few refreshes write it; and beside the record's
  // own round trip: whether the write wins or loses, the grant that is there lives no longer than this.
  async #change<A>(
    { id, grant }: FoundGrant,
    { access_token_ttl, refresh_token_ttl }: Lifetimes,
    { now, decide }: { now: number; decide: (grant: Grant | undefined) => Decision<Grant, A> },
  ): Promise<A> {
    const expires_at = Math.max(grant.expires_at, now + Math.max(access_token_ttl, refresh_token_ttl))
    const key = { kind: 'grant', id, now, known: grant } as const
    if (linkEnd(expires_at) <= linkEnd(grant.expires_at)) return update<Grant, A>(this.#store, key, decide)
    const linked = this.#store.link(bySubject(grant.sub), id, linkEnd(expires_at), now)
    const [, answer] = await Promise.all([linked, update<Grant, A>(this.#store, key, decide)])
    return answer
  }
}

function bySubject(sub: string): string {
  return `grants_of:${sub}`
}

const HOUR = 3600

/** When the link of a grant that ends at `expires_at` (seconds) may go: at the next full hour. */
function linkEnd(expires_at: number): number {
  return Math.ceil(expires_at / HOUR) * HOUR
}
