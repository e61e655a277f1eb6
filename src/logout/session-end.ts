import type { Client, Clients } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import { type FoundGrant, revokedEvent } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import { endsWithLogin } from '../grants/lasting.ts'
import type { Account, Session } from '../sessions/session.ts'
import type { CurrentSession, Sessions } from '../sessions/sessions.ts'
import type { BackChannel } from './back-channel.ts'

/** A login that a client was told of, and that has ended. */
export interface ToldLogin {
  client: Client
  /** Our own; the client may know it by another. */
  sid: string
}

/** What a logout has done. */
export interface Ended {
  logins: readonly ToldLogin[]
  events: readonly SecurityEvent[]
}

/** Which of a person's grants go: those of these logins, and of none that lives. */
type Reach = (grant: { sid: string }) => boolean

const LEFT = 'the store failed: a grant that was approved in that moment may be left'

/** Ends logins, with everything that hangs on them. */
export class SessionEnd {
  readonly #sessions: Sessions
  readonly #grants: Grants
  readonly #clients: Clients
  readonly #backChannel: BackChannel

  constructor(context: { sessions: Sessions; grants: Grants; clients: Clients; backChannel: BackChannel }) {
    this.#sessions = context.sessions
    this.#grants = context.grants
    this.#clients = context.clients
    this.#backChannel = context.backChannel
  }

  /**
   * Logs a person out of this browser, on this node and on every other, for they all ask the store. With the session go
   * the same person's others of this browser, whose cookies it has lost; the grants of all of these; and the grants of
   * logins that have ended by themselves, which no other log-out could reach. Their clients are told.
   */
  async end(current: CurrentSession, now: number): Promise<Ended> {
    const others = new Map<string, CurrentSession>()
    // While the sessions are there: if the store fails now, the log-out can be tried again.
    const revoked: SecurityEvent[] = []
    for (const { sub } of current.session.accounts) {
      // Grants before sessions: whatever grant is found, its session was there before it, and is missed below only if it
      // has ended.
      const grants = await this.#grants.ofSubject(sub, now)
      const living = await this.#sessions.ofSubject(sub, now)
      const staying = new Set<string>()
      for (const one of living) {
        if (one.id === current.id) continue
        if (isOfSameBrowser(one.session, current.session)) others.set(one.id, one)
        else for (const { sid } of one.session.accounts) staying.add(sid)
      }
      revoked.push(...(await this.#revoke(grants, ({ sid }) => !staying.has(sid))))
    }
    // The one that the cookie leads to goes last: until then the log-out can be repeated.
    return this.#end([...others.values(), current], revoked, now)
  }

  /** Ends one session because the person has too many: nobody logs out, so only its own grants go. */
  async endSurplus(current: CurrentSession, now: number): Promise<Ended> {
    return this.#end([current], await this.#revokeOf(current.session.accounts, now), now)
  }

  /**
   * Ends every login of a person, for nobody's wish but an operator's or their own: their clients are told. With `grants`
   * everything else goes that they have approved, too; without, only what lasts with a login.
   */
  async endAllOf(sub: string, { grants, now }: { grants: boolean; now: number }): Promise<Ended> {
    const found = await this.#grants.ofSubject(sub, now)
    const living = await this.#sessions.ofSubject(sub, now)
    const revoked = grants
      ? (await this.#grants.revokeAll(found)).map((one) => revokedEvent(one, 'by the operator'))
      : await this.#revoke(found, () => true)
    return this.#end(living, revoked, now)
  }

  async #end(ending: readonly CurrentSession[], revoked: SecurityEvent[], now: number): Promise<Ended> {
    const events: SecurityEvent[] = []
    const logins: ToldLogin[] = []
    for (const { id, session: before } of ending) {
      const session = (await this.#sessions.end(id)) ?? before
      logins.push(...(await this.#tell(session)))
      // What an approval beside us has made meanwhile; one that comes later sees that the session is gone. If the store
      // fails only now nobody can try again, so the log has to say what may be left.
      const late = await this.#revokeOf(session.accounts, now).catch(() => undefined)
      const reason = late === undefined ? LEFT : undefined
      events.push(...session.accounts.map(({ sub }): SecurityEvent => ({ event: 'logout', sub, reason })))
      events.push(...(late ?? []))
    }
    return { logins, events: [...events, ...revoked] }
  }

  /** Tells the clients of a session that it has ended. */
  async #tell({ accounts, clients }: Session): Promise<ToldLogin[]> {
    const found = await Promise.all(clients.map((client_id) => this.#clients.find(client_id)))
    const known = found.filter((client) => client !== undefined)
    return accounts.flatMap(({ sub, sid }) =>
      known.map((client) => {
        this.#backChannel.notify(client, { sub, sid })
        return { client, sid }
      }),
    )
  }

  async #revokeOf(accounts: readonly Account[], now: number): Promise<SecurityEvent[]> {
    const revoked = accounts.map(async (account) =>
      this.#revoke(await this.#grants.ofSubject(account.sub, now), ({ sid }) => sid === account.sid),
    )
    return (await Promise.all(revoked)).flat()
  }

  async #revoke(found: readonly FoundGrant[], reach: Reach): Promise<SecurityEvent[]> {
    const reached = found.filter(({ grant }) => reach(grant))
    const clients = await Promise.all(reached.map(({ grant }) => this.#clients.find(grant.client_id)))
    const ending = reached.filter(({ grant }, at) => endsWithLogin(grant, clients[at]))
    return (await this.#grants.revokeAll(ending)).map((one) => revokedEvent(one, 'logout'))
  }
}

// A login keeps its `sid` in one browser alone, which records from before do not name.
function isOfSameBrowser(one: Session, other: Session): boolean {
  if (one.browser !== undefined && one.browser === other.browser) return true
  return one.accounts.some(({ sid }) => other.accounts.some((account) => account.sid === sid))
}
