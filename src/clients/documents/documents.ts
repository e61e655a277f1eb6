import type { Fetched, Outbound } from '../../outbound/outbound.ts'
import { OutboundFailure } from '../../outbound/outbound.ts'
import { TemporarilyUnavailable } from '../../protocol/errors.ts'
import { FetchBudget, TooManyDocuments } from './fetch-budget.ts'
import { freshFor } from './freshness.ts'
import { Logos } from './logos.ts'
import { type ClientDocument, readDocument, unusable } from './read-document.ts'

/** A document as it was when it was read. */
export interface ReadDocument extends ClientDocument {
  /** Seconds. */
  readonly read_at: number
}

/** Who wants a document: an IP address, and what it said when somebody here last approved its client. `now` in seconds. */
export interface Wanted {
  readonly approved: ReadDocument | undefined
  readonly address: string
  readonly now: number
}

/** `until`: used without asking, in seconds. */
interface Kept {
  readonly document: ReadDocument
  readonly until: number
}

/** A document cannot be read, and nothing says that it is wrong. */
export class DocumentUnavailable extends TemporarilyUnavailable {
  override readonly name = 'DocumentUnavailable'
  readonly description =
    'what this application says of itself cannot be read now; please try again in a moment'
  readonly report = { level: 'warn', msg: 'the document of a client cannot be read' } as const
}

// Seconds: no redirect URI and no key is taken from a document that was read longer ago.
const TRUSTED = 86_400
// Seconds. What cannot be read is not asked for again by every page of a login.
const ASK_EVERY = 30
// Seconds.
const FAILS_FOR = 60

// Statuses that say nothing about the client, beside those of 500 and more. Who protects a website from robots refuses whole data
// centres (403, 401), for an hour or for good: that is no word of the client's. It has gone with 404 or 410.
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 429])

// Bytes. The draft (§8.7) recommends 5 KB; what well-known clients publish has two, and lists of URIs grow.
const MOST = 32_768
// Bytes, more than are taken, so that an author hears by how much it is too long.
const READ = 65_536
// Documents: of clients that somebody has approved, and of others. A flood of others puts out none of the first.
const MAX_KNOWN = 500
const MAX_STRANGERS = 200

/**
 * The documents of clients (draft-ietf-oauth-client-id-metadata-document), read when somebody is sent here by one. Whoever wants one
 * that is being read waits for the same answer; of errors and of what cannot be used nothing is kept (§5.2).
 */
export class Documents {
  readonly #outbound: (url: string) => Pick<Outbound, 'fetch'>
  readonly #offered: readonly string[]
  readonly #budget: FetchBudget
  readonly #logos: Logos
  // Of each, the one that was used longest ago is the first.
  readonly #known = new Map<string, Kept>()
  readonly #strangers = new Map<string, Kept>()
  readonly #reading = new Map<string, Promise<ReadDocument>>()
  // Seconds: when a document was last asked for because of its keys.
  readonly #askedForKeys = new Map<string, number>()
  // Seconds: when one was last asked for in vain.
  readonly #failedAt = new Map<string, number>()

  /** `outbound`: what may ask an address; `offered`: the scopes that clients may have which introduce themselves. */
  constructor({
    outbound,
    offered,
    budget = new FetchBudget(),
  }: {
    outbound: (url: string) => Pick<Outbound, 'fetch'>
    offered: readonly string[]
    budget?: FetchBudget
  }) {
    this.#outbound = outbound
    this.#offered = offered
    this.#budget = budget
    this.#logos = new Logos(outbound)
  }

  /**
   * The document at this address, as it is now or was as long ago as its host allows; a day, if its host does not answer. Throws
   * `OAuthError` if it is wrong, and `DocumentUnavailable` or `TooManyDocuments`.
   */
  async read(client_id: string, wanted: Wanted): Promise<ReadDocument> {
    const { approved, now } = wanted
    const kept = this.#known.get(client_id) ?? this.#strangers.get(client_id)
    if (kept !== undefined && now < kept.until) return kept.document
    const before = this.#trusted([kept?.document, approved], now)
    try {
      return await this.#ask(client_id, wanted)
    } catch (error) {
      if (!(error instanceof TemporarilyUnavailable)) this.#forget(client_id)
      if (before === undefined || !(error instanceof TemporarilyUnavailable)) throw error
      return this.#keep({ document: before, until: now + ASK_EVERY }, wanted)
    }
  }

  /**
   * The document as it was a day ago at most, for the keys of a client that somebody has approved. `isTried`: whether its keys did
   * not fit; it is then read again, if it may have changed since. Throws as `read` does.
   */
  async recent(
    client_id: string,
    {
      approved,
      now,
      isTried,
    }: { approved: ReadDocument; now: number; isTried: (document: ReadDocument) => boolean },
  ): Promise<ReadDocument> {
    const kept = this.#known.get(client_id) ?? this.#strangers.get(client_id)
    const found = this.#trusted([kept?.document, approved], now)
    if (found !== undefined && (!isTried(found) || now - found.read_at < ASK_EVERY)) return found
    const running = this.#reading.get(client_id)
    if (running !== undefined) return running
    // Nobody can make this server ask again and again by signing nonsense.
    if (now - (this.#askedForKeys.get(client_id) ?? 0) < ASK_EVERY) {
      if (found !== undefined) return found
      throw new DocumentUnavailable('it was asked for a moment ago, in vain', client_id)
    }
    noteAt(this.#askedForKeys, client_id, now)
    return this.#ask(client_id, { approved, now, address: '' })
  }

  /** Its logo, as a `data:` URL; undefined if there is none that can be shown, or not yet. */
  async logoOf(
    { logo_uri }: ClientDocument,
    { approved, address }: Omit<Wanted, 'now'>,
  ): Promise<string | undefined> {
    return logo_uri && this.#logos.read(logo_uri, { known: approved !== undefined, address })
  }

  // Of what this process has kept, and what is approved, the newest: another node may have read it since.
  #trusted(documents: readonly (ReadDocument | undefined)[], now: number): ReadDocument | undefined {
    const trusted = documents.filter((one) => one !== undefined && now - one.read_at < TRUSTED)
    return trusted.toSorted((one, other) => (other?.read_at ?? 0) - (one?.read_at ?? 0))[0]
  }

  #keep(read: Kept, { approved }: Wanted): ReadDocument {
    const { client_id } = read.document
    this.#forget(client_id)
    const [kept, most] = approved ? [this.#known, MAX_KNOWN] : [this.#strangers, MAX_STRANGERS]
    kept.set(client_id, read)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    return read.document
  }

  #forget(client_id: string): void {
    this.#known.delete(client_id)
    this.#strangers.delete(client_id)
  }

  #ask(client_id: string, wanted: Wanted): Promise<ReadDocument> {
    const running = this.#reading.get(client_id)
    if (running !== undefined) return running
    const { approved, address, now } = wanted
    // Of errors nothing is kept, so each request asks again: not out of what is there for those that answer.
    const fails = now - (this.#failedAt.get(client_id) ?? Number.NEGATIVE_INFINITY) < FAILS_FOR
    const reading = this.#budget
      .spend({ known: approved !== undefined && !fails, address }, () => this.#fetch(client_id, now))
      .then(
        (read) => {
          this.#failedAt.delete(client_id)
          return this.#keep(read, wanted)
        },
        (error) => {
          if (!(error instanceof TooManyDocuments)) noteAt(this.#failedAt, client_id, now)
          throw error
        },
      )
      .finally(() => this.#reading.delete(client_id))
    this.#reading.set(client_id, reading)
    return reading
  }

  async #fetch(client_id: string, now: number): Promise<Kept> {
    const { status, type, bytes, headers } = await this.#get(client_id)
    if (status >= 500 || PASSING.has(status))
      throw new DocumentUnavailable(`its host answered ${status}`, client_id)
    if (status !== 200) throw unusable(client_id, `its host answered ${status}, and not 200`)
    if (!/^application\/([\w.+-]+\+)?json$/.test(type))
      throw unusable(client_id, 'its media type is not application/json')
    if (bytes.length > MOST)
      throw unusable(client_id, `it has ${bytes.length} bytes, and ${MOST} are read at most`)
    const document = readDocument(client_id, bytes.toString(), this.#offered)
    return { document: { ...document, read_at: now }, until: now + freshFor(headers) }
  }

  async #get(client_id: string): Promise<Fetched> {
    try {
      return await this.#outbound(client_id).fetch(client_id, { accept: 'application/json', most: READ })
    } catch (error) {
      // Only for the log: which addresses of ours answer is nobody else's business.
      if (error instanceof OutboundFailure) throw new DocumentUnavailable(error.message, client_id)
      throw error
    }
  }
}

/** Notes a time; of as many as documents are kept, the one that was noted longest ago gives way. */
function noteAt(times: Map<string, number>, client_id: string, now: number): void {
  times.delete(client_id)
  times.set(client_id, now)
  const [oldest] = times.keys()
  if (times.size > MAX_KNOWN && oldest !== undefined) times.delete(oldest)
}
