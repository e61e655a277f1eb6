import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import { random, randomText } from '../secrets/random.ts'
import { askEach, members } from '../store/members.ts'
import { type Store, StoreFull } from '../store/store.ts'
import { type Decision, insert, update } from '../store/update.ts'
import { type Account, type Proof, type Session, withProof } from './session.ts'

/** A session as a request sees it. */
export interface CurrentSession {
  id: string
  session: Session
}

const ID_BYTES = 16
const TOUCH_EVERY = 60
// More browsers than a person has. Beyond it the ones that were not used for longest give way, some at a time: one
// account must not fill the room that the logins of all others need.
const MAX_OF_SUBJECT = 100
const LEFT_OF_SUBJECT = 90

/** Browser logins in the store. The cookie is a handle of the record's id: the store holds no usable cookie. */
export class Sessions {
  readonly #store: Store
  readonly #keys: Keys
  readonly #ttl: number
  readonly #idleTtl: number

  /** `ttl`: seconds after the login; `idleTtl`: seconds after the last use. */
  constructor(context: { store: Store; keys: Keys; ttl: number; idleTtl: number }) {
    this.#store = context.store
    this.#keys = context.keys
    this.#ttl = context.ttl
    this.#idleTtl = context.idleTtl
  }

  /** The living session of a cookie's value, or undefined. */
  async find(cookie: string | undefined, now: number): Promise<CurrentSession | undefined> {
    const facts = cookie === undefined ? undefined : openHandle(this.#keys, 'bs', cookie)
    if (facts?.length !== ID_BYTES) return undefined
    const id = facts.toString('base64url')
    const session = await this.#store.read<Session>('session', id, now)
    return session === undefined ? undefined : { id, session }
  }

  /**
   * Notes that the session is used: at most once a minute, and nobody waits for it. A lost note costs
   * nothing: the next request makes it again.
   */
  touch({ id, session }: CurrentSession, now: number): void {
    if (now - session.last_used_at < TOUCH_EVERY) return
    const expires_at = this.#expiry(session.created_at, now)
    const link = ({ sub }: Account) => this.#store.link(bySubject(sub), id, expires_at, now)
    const touched = (current: Session | undefined): Decision<Session, boolean> => {
      if (current === undefined) return { answer: false }
      return { next: { ...current, last_used_at: now, expires_at }, answer: true }
    }
    // Linked only where it is still there: a logout beside this has taken its link away.
    update(this.#store, { kind: 'session', id, now }, touched)
      .then((there) => Promise.all(there ? session.accounts.map(link) : []))
      .catch(() => {})
  }

  /**
   * Begins a new session after a login, under a new handle (session fixation), and ends the one before. The
   * same person keeps `sid`, clients and the proofs of other requests: `previous` is theirs. Gives the cookie's value,
   * and the person's sessions that are too many now, for the caller to end.
   */
  async begin(
    login: {
      sub: string
      amr: readonly string[]
      credential: string
      proof: Proof | undefined
      previous: CurrentSession | undefined
    },
    now: number,
  ): Promise<{ cookie: string; current: CurrentSession; surplus: readonly CurrentSession[] }> {
    const { sub, amr, credential, proof, previous } = login
    const before = previous?.session.accounts.find((account) => account.sub === sub)
    const fresh = {
      accounts: [{ sub, sid: before?.sid ?? randomText(16), auth_time: now, amr, credential }],
      proofs: before ? (previous?.session.proofs ?? []) : [],
      clients: before ? (previous?.session.clients ?? []) : [],
      created_at: now,
      last_used_at: now,
      expires_at: this.#expiry(now, now),
    }
    const record = proof === undefined ? fresh : withProof(fresh, proof)
    const bytes = random(ID_BYTES)
    const id = bytes.toString('base64url')
    const index = bySubject(sub)
    const linked = this.#store.link(index, id, record.expires_at, now)
    const inserted = insert(this.#store, { kind: 'session', id, now }, record).catch(async (error) => {
      if (error instanceof StoreFull) await this.#store.unlink(index, id)
      throw error
    })
    const [count] = await Promise.all([linked, inserted])
    // Before the surplus is looked for: it is the same login as the new one.
    if (previous !== undefined) await this.end(previous.id)
    const surplus = count > MAX_OF_SUBJECT ? await this.#surplus(sub, id, now) : []
    const cookie = makeHandle(this.#keys, 'bs', bytes)
    return { cookie, current: { id, session: { ...record, revision: '' } }, surplus }
  }

  /** Whether the session is still there, asked of the store. */
  async lives(id: string, now: number): Promise<boolean> {
    return (await this.#store.read('session', id, now)) !== undefined
  }

  /** Changes a session that was just read, by a pure decision. */
  async update<A>(
    { id, session }: CurrentSession,
    now: number,
    decide: (session: Session | undefined) => Decision<Session, A>,
  ): Promise<A> {
    return update<Session, A>(this.#store, { kind: 'session', id, now, known: session }, decide)
  }

  /** Ends a session; gives it as it was last, where it was still there. */
  async end(id: string): Promise<Session | undefined> {
    const key = { kind: 'session', id, now: 0 } as const
    const ended = await update<Session, Session | undefined>(this.#store, key, (session) => ({
      next: 'delete',
      answer: session,
    }))
    await Promise.all((ended?.accounts ?? []).map(({ sub }) => this.#store.unlink(bySubject(sub), id)))
    return ended
  }

  async #surplus(sub: string, created: string, now: number): Promise<CurrentSession[]> {
    const ids = await members(this.#store, bySubject(sub), now)
    const read = async (id: string) => ({ id, session: await this.#store.read<Session>('session', id, now) })
    const others = (await askEach(ids, read)).flatMap(({ id, session }) =>
      session === undefined || id === created ? [] : [{ id, session }],
    )
    others.sort((one, other) => one.session.last_used_at - other.session.last_used_at)
    return others.slice(0, Math.max(0, others.length - LEFT_OF_SUBJECT))
  }

  #expiry(created_at: number, now: number): number {
    return Math.min(created_at + this.#ttl, now + this.#idleTtl)
  }
}

function bySubject(sub: string): string {
  return `sessions_of:${sub}`
}
