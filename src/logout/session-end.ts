import type { Client, Clients } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import type { Session } from '../sessions/session.ts'
import type { CurrentSession, Sessions } from '../sessions/sessions.ts'
import type { BackChannel } from './back-channel.ts'

/** What a logout has done. */
export interface Ended {
  /** The clients that were told of the login. */
  clients: readonly Client[]
  events: readonly SecurityEvent[]
}

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

  /** Ends a session, on this node and on every other, for they all ask the store: its grants go, its clients are told. */
  async end(current: CurrentSession, now: number): Promise<Ended> {
    // While the session is there: where the store fails now, it can be tried again.
    const revoked = await this.#revokeGrants(current.session, now)
    const session = (await this.#sessions.end(current.id)) ?? current.session
    const found = await Promise.all(session.clients.map((client_id) => this.#clients.find(client_id)))
    const clients = found.filter((client) => client !== undefined)
    for (const { sub, sid } of session.accounts) {
      for (const client of clients) this.#backChannel.notify(client, { sub, sid })
    }
    // What an approval beside us has made meanwhile; one that comes later sees that the session is gone. Where the store
    // fails only now nobody can try again, so the log has to say what may be left.
    const late = await this.#revokeGrants(session, now).catch(() => undefined)
    const reason = late === undefined ? LEFT : undefined
    const logouts = session.accounts.map(({ sub }): SecurityEvent => ({ event: 'logout', sub, reason }))
    return { clients, events: [...logouts, ...revoked, ...(late ?? [])] }
  }

  async #revokeGrants({ accounts }: Session, now: number): Promise<SecurityEvent[]> {
    const found = await Promise.all(accounts.map((account) => this.#grants.revokeSession(account, now)))
    return found.flat().map((one) => revokedEvent(one, 'logout'))
  }
}
