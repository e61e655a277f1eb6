import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import { random, randomText } from '../secrets/random.ts'
import { insertListed } from '../store/listed.ts'
import { askEach, members } from '../store/members.ts'
import type { Store } from '../store/store.ts'
import { type Decision, update } from '../store/update.ts'
import { type Account, type Proof, type Session, type Whence, withProof } from './session.ts'

/** A session as a request sees it. */
export interface CurrentSession {
  id: string
  session: Session
}

/** What a browser brings of its login. */
export interface Brought {
  /** The values of its session cookies: others may have planted some beside ours. */
  cookies: readonly string[]
  /** Digests of its ids, of which one is ours. */
  browsers: readonly string[]
}

const ID_BYTES = 16
const TOUCH_EVERY = 60
// More browsers than a person has. Beyond it the ones that were not used for longest give way, some at a time: one
// account must not fill the room that the logins of all others need.
const MAX_OF_SUBJECT = 100
const LEFT_OF_SUBJECT = 90
// Genuine session cookies of one request that are looked up. More are not an accident.
const MAX_COOKIES = 8

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

  /**
   * The living session that a browser brings, or undefined. Of several cookies the one counts whose session was begun in
   * this very browser: a neighbour's host may set a cookie of our name, but not with this browser's id.
   */
  async find({ cookies, browsers }: Brought, now: number): Promise<CurrentSession | undefined> {
    let unbound: CurrentSession | undefined
    for (const id of this.#idsOf(cookies)) {
      const session = await this.#store.read<Session>('session', id, now)
      if (session === undefined) continue
      if (session.browser === undefined) unbound ??= { id, session }
      else if (browsers.includes(session.browser)) return { id, session }
    }
    return unbound
  }

  // However many are made up or repeated, ours is among those that are looked up.
  #idsOf(cookies: readonly string[]): Iterable<string> {
    const ids = new Set<string>()
    for (const cookie of cookies) {
      const facts = openHandle(this.#keys, 'bs', cookie)
      if (facts?.length === ID_BYTES) ids.add(facts.toString('base64url'))
      if (ids.size === MAX_COOKIES) break
    }
    return ids
  }

  /** A person's living sessions, in all browsers. Throws `StoreUnavailable`: none that it cannot read counts as ended. */
  async ofSubject(sub: string, now: number): Promise<CurrentSession[]> {
    const found = new Map<string, Session>()
    const missing = new Set<string>()
    // One that is missing may have ended for a successor of the same login, which is there by then: look again, also for
    // those that were missing, until nothing more has gone.
    for (let before = -1; before < missing.size; ) {
      before = missing.size
      const ids = (await members(this.#store, bySubject(sub), now)).filter((id) => !found.has(id))
      const read = await askEach(ids, (id) => this.#store.read<Session>('session', id, now))
      for (const [at, id] of ids.entries()) {
        const session = read[at]
        if (session === undefined) missing.add(id)
        else found.set(id, session)
      }
    }
    return [...found].map(([id, session]) => ({ id, session }))
  }

  /**
   * Notes that the session is used: at once if it would end too early for this use, else at most once a minute. Nobody
   * waits for it. A lost note costs nothing: the next request makes it again.
   */
  touch({ id, session }: CurrentSession, now: number): void {
    const { created_at, last_used_at } = session
    const early = session.expires_at < this.#expiry(created_at, now)
    if (!early && now - last_used_at < TOUCH_EVERY) return
    // A little ahead, so that the uses of the next moments need no note of their own.
    const expires_at = this.#expiry(created_at, now + Math.min(TOUCH_EVERY, Math.floor(this.#idleTtl / 10)))
    const links = (all: readonly Account[]) =>
      Promise.all(all.map(({ sub }) => this.#store.link(bySubject(sub), id, expires_at, now)))
    const touched = (current: Session | undefined): Decision<Session, boolean> => {
      if (current === undefined) return { answer: false }
      return { next: { ...current, last_used_at: now, expires_at }, answer: true }
    }
    // Link, then record: a session that lives is always listed. A logout beside this has taken its link away for good.
    links(session.accounts)
      .then(() => update(this.#store, { kind: 'session', id, now }, touched))
      .then((there) => (there ? undefined : this.#unlink(id, session)))
      .catch(() => {})
  }

  /**
   * Begins a new session after a login, under a new handle (session fixation), and ends the one before. The
   * same person keeps `sid`, clients and the proofs of other requests: `previous` is theirs. Returns the cookie's value,
   * and the person's sessions that are too many now, for the caller to end.
   */
  async begin(
    login: {
      sub: string
      amr: readonly string[]
      credential: string
      /** Digest of the browser's id. */
      browser: string
      whence?: Whence | undefined
      remembered?: boolean
      proof: Proof | undefined
      previous: CurrentSession | undefined
    },
    now: number,
  ): Promise<{ cookie: string; current: CurrentSession; surplus: readonly CurrentSession[] }> {
    const { sub, amr, credential, browser, whence, remembered, proof, previous } = login
    const before = previous?.session.accounts.find((account) => account.sub === sub)
    const fresh = {
      browser,
      ...(whence && { whence }),
      ...(remembered && { remembered: true as const }),
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
    const listing = { index: bySubject(sub), until: record.expires_at }
    const count = await insertListed(this.#store, listing, { key: { kind: 'session', id, now }, record })
    // End the previous session first: it is the same login and must not count as surplus.
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

  /** Ends a session; returns it as it was last, if it was still there. */
  async end(id: string): Promise<Session | undefined> {
    const key = { kind: 'session', id, now: 0 } as const
    const ended = await update<Session, Session | undefined>(this.#store, key, (session) => ({
      next: 'delete',
      answer: session,
    }))
    if (ended !== undefined) await this.#unlink(id, ended)
    return ended
  }

  async #unlink(id: string, { accounts }: Session): Promise<void> {
    await Promise.all(accounts.map(({ sub }) => this.#store.unlink(bySubject(sub), id)))
  }

  async #surplus(sub: string, created: string, now: number): Promise<CurrentSession[]> {
    const others = (await this.ofSubject(sub, now)).filter(({ id }) => id !== created)
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
