import type { JSONWebKeySet, JWK } from 'jose'
import type { Outbound } from '../outbound/outbound.ts'
import { TemporarilyUnavailable } from '../protocol/errors.ts'
import { MAX_KEYS, readPublicKey } from './public-keys.ts'

// Seconds. Asked again beside the request from then on; with the request waiting for the answer from then on; and used, if
// no answer comes, until then: a key that was taken back must not be good for ever because its host does not answer.
const ASK_AFTER = 300
const FRESH = 600
const TRUSTED = 86_400
// Seconds between two requests to one address, whatever came of the first: nobody can make this server ask again and again.
const ASK_EVERY = 30
// Addresses that are kept, and requests under way at once: a client that is slow keeps a connection for five seconds.
const MAX_SETS = 1000
const MAX_ASKING = 32

/** The keys of a client cannot be read, and none are known. */
export class KeysUnavailable extends TemporarilyUnavailable {
  override readonly name = 'KeysUnavailable'
  readonly description = "the keys at the client's jwks_uri cannot be read now; please try again in a moment"
  readonly report = { level: 'warn', msg: 'the keys of a client cannot be read' } as const
  override readonly retry_after = ASK_EVERY
}

interface Kept {
  set?: JSONWebKeySet
  readAt: number
  askedAt: number
  asking?: Promise<void>
  problem: string
}

/**
 * The key sets at clients' `jwks_uri` (RFC 7591 §2), read when they are needed and kept for a while. Whoever needs one
 * while it is asked for waits for the same answer. `now` in seconds.
 */
export class RemoteKeySets {
  readonly #outbound: Pick<Outbound, 'get'>
  readonly #report: (uri: string, problem: string) => void
  // The one that was used longest ago is the first.
  readonly #kept = new Map<string, Kept>()
  #asking = 0

  /** `report` hears of every request in vain. */
  constructor(outbound: Pick<Outbound, 'get'>, report: (uri: string, problem: string) => void = () => {}) {
    this.#outbound = outbound
    this.#report = report
  }

  /** The keys at this address, as they were ten minutes ago at most, or a day if it does not answer. Throws `KeysUnavailable`. */
  async read(uri: string, now: number): Promise<JSONWebKeySet> {
    const kept = this.#keptAt(uri)
    const age = now - kept.readAt
    if (kept.set !== undefined && age < ASK_AFTER) return kept.set
    const asking = this.#ask(uri, kept, now)
    if (kept.set !== undefined && age < FRESH) return kept.set
    await asking
    if (kept.set === undefined || now - kept.readAt >= TRUSTED)
      throw new KeysUnavailable(`${shown(uri)}: ${kept.problem}`)
    return kept.set
  }

  /**
   * The keys at this address if they can be newer than `known`, in which nothing fitted: after a rotation. Undefined if it was
   * asked a moment ago.
   */
  async newer(uri: string, known: JSONWebKeySet, now: number): Promise<JSONWebKeySet | undefined> {
    const kept = this.#keptAt(uri)
    if (kept.set === known) await this.#ask(uri, kept, now)
    return kept.set === known ? undefined : kept.set
  }

  #keptAt(uri: string): Kept {
    const kept = this.#kept.get(uri) ?? { readAt: 0, askedAt: Number.NEGATIVE_INFINITY, problem: '' }
    this.#kept.delete(uri)
    this.#kept.set(uri, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_SETS && oldest !== undefined) this.#kept.delete(oldest)
    return kept
  }

  // Never rejects: it runs beside requests that do not wait for it.
  #ask(uri: string, kept: Kept, now: number): Promise<void> {
    if (kept.asking !== undefined) return kept.asking
    if (now - kept.askedAt < ASK_EVERY) return Promise.resolve()
    if (this.#asking >= MAX_ASKING) {
      kept.problem = 'too many addresses are asked for keys at once'
      return Promise.resolve()
    }
    this.#asking++
    kept.askedAt = now
    kept.asking = this.#fetch(uri)
      .then((set) => {
        kept.set = set
        kept.readAt = now
      })
      .catch((error) => {
        kept.problem = (error as Error).message
        this.#report(shown(uri), kept.problem)
      })
      .finally(() => {
        this.#asking--
        delete kept.asking
      })
    return kept.asking
  }

  async #fetch(uri: string): Promise<JSONWebKeySet> {
    const { status, type, body } = await this.#outbound.get(uri)
    if (status !== 200) throw new Error(`it answered ${status}`)
    // RFC 7517 §8.5.2 has a type of its own; most servers say what it is based on.
    if (!/^application\/([\w.-]+\+)?json$/.test(type)) throw new Error('its media type is not JSON')
    return readSet(body)
  }
}

function readSet(body: string): JSONWebKeySet {
  const { keys } = (parsed(body) ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('it is not a JSON Web Key Set')
  if (keys.length > MAX_KEYS) throw new Error(`it has more than ${MAX_KEYS} keys`)
  // RFC 7517 §5: what cannot be used is left out; the others count.
  const usable = keys.map(readPublicKey).flatMap((read): JWK[] => ('key' in read ? [read.key] : []))
  if (usable.length === 0) throw new Error('it has no key that verifies signatures')
  return { keys: usable }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

// The query may hold what opens the address.
function shown(uri: string): string {
  return uri.split('?', 1)[0] ?? uri
}
