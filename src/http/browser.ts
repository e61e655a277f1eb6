import '@fastify/cookie'
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CsrfBinding, checkCsrfToken, makeCsrfToken } from '../secrets/csrf.ts'
import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import { random } from '../secrets/random.ts'
import { type Cookies, valuesOf } from './cookies.ts'

const ID = 16
const DIGEST = 16
const MAX_ACCOUNTS = 8
// Ids of one request that are looked at.
const MAX_IDS = 4

/** What a form's token is bound to beside the browser. */
export type FormBinding = Omit<CsrfBinding, 'browser'>

/**
 * What a browser brings and takes away in cookies: its anonymous id, its session's handle, the accounts it is
 * known for. Nothing of it is stored here.
 */
export class Browser {
  readonly #keys: Keys
  readonly #cookies: Cookies
  readonly #issuer: URL
  /** The ids that pages in the making have given their browsers. */
  readonly #given = new WeakMap<FastifyRequest, string>()

  constructor(keys: Keys, cookies: Cookies, issuer: URL) {
    this.#keys = keys
    this.#cookies = cookies
    this.#issuer = issuer
  }

  /** What a request brings of a login: the values of its session cookies, and digests of the ids that they may be bound to. */
  session(request: FastifyRequest): { cookies: readonly string[]; browsers: readonly string[] } {
    const cookies = valuesOf(request.headers.cookie, this.#cookies.session.name)
    return { cookies, browsers: cookies.length === 0 ? [] : this.#ids(request).map(digestOf) }
  }

  setSession(reply: FastifyReply, value: string): void {
    const { name, options } = this.#cookies.session
    reply.setCookie(name, value, options)
  }

  clearSession(reply: FastifyReply): void {
    const { name, options } = this.#cookies.session
    reply.clearCookie(name, options)
  }

  /** What a session that begins now is bound to. The browser keeps its id for another year: as long as any login. */
  bind(request: FastifyRequest, reply: FastifyReply): string {
    return digestOf(this.#setId(reply, this.#ids(request).at(-1)))
  }

  /** A token for a form on a page that is being rendered; gives the browser its id where it has none. */
  formToken(
    request: FastifyRequest,
    reply: FastifyReply,
    { binding, now }: { binding: FormBinding; now: number },
  ) {
    const browser = this.#ids(request).at(-1) ?? this.#given.get(request) ?? this.#setId(reply)
    // A page may have several forms: all of them get the same id.
    this.#given.set(request, browser)
    return makeCsrfToken(this.#keys, { browser, ...binding }, now)
  }

  /** Whether the browser has brought the cookie that every page gives it. */
  isKnown(request: FastifyRequest): boolean {
    return this.#ids(request).length > 0
  }

  /**
   * Whether a post comes from a form of ours on this browser. The token would be enough; the browser's own word
   * on where the post came from stands in front of it, and behind it where a cookie was planted.
   */
  ownForm(request: FastifyRequest, { binding, now }: { binding: FormBinding; now: number }): boolean {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (site !== undefined ? site !== 'same-origin' : origin !== undefined && origin !== this.#issuer.origin)
      return false
    const token = (request.body as Record<string, unknown> | undefined)?.csrf
    if (typeof token !== 'string') return false
    return this.#ids(request).some((browser) =>
      checkCsrfToken(this.#keys, { browser, ...binding }, token, now),
    )
  }

  /** The id of this device, where the account has logged in on it before. */
  knownDevice(request: FastifyRequest, username: string): string | undefined {
    const device = this.#device(request)
    const known = device?.accounts.some((digest) => digest.equals(accountDigest(username)))
    return known ? device?.id.toString('base64url') : undefined
  }

  /** Remembers that the account has logged in on this device; the oldest of eight gives way. */
  rememberDevice(request: FastifyRequest, reply: FastifyReply, username: string): void {
    const digest = accountDigest(username)
    const device = this.#device(request) ?? { id: random(ID), accounts: [] }
    const others = device.accounts.filter((one) => !one.equals(digest))
    const accounts = [...others, digest].slice(-MAX_ACCOUNTS)
    const value = makeHandle(this.#keys, 'dv', Buffer.concat([device.id, ...accounts]))
    reply.setCookie(this.#cookies.device.name, value, this.#cookies.device.options)
  }

  /** The browser's ids: one, unless somebody planted another. The last one is that of the shortest path, which ours has. */
  #ids(request: FastifyRequest): string[] {
    const values = valuesOf(request.headers.cookie, this.#cookies.browser.name).slice(-MAX_IDS)
    return values.filter((value) => openHandle(this.#keys, 'bw', value)?.length === ID)
  }

  #setId(reply: FastifyReply, known?: string): string {
    const { name, options } = this.#cookies.browser
    const id = known ?? makeHandle(this.#keys, 'bw', random(ID))
    reply.setCookie(name, id, options)
    return id
  }

  #device(request: FastifyRequest): { id: Buffer; accounts: Buffer[] } | undefined {
    const cookie = request.cookies[this.#cookies.device.name]
    const facts = cookie === undefined ? undefined : openHandle(this.#keys, 'dv', cookie)
    if (facts === undefined || facts.length < ID) return undefined
    const accounts: Buffer[] = []
    for (let at = ID; at + DIGEST <= facts.length; at += DIGEST)
      accounts.push(facts.subarray(at, at + DIGEST))
    return { id: facts.subarray(0, ID), accounts }
  }
}

function accountDigest(username: string): Buffer {
  return hash('sha256', username, 'buffer').subarray(0, DIGEST)
}

// The store must not hold what a cookie holds.
function digestOf(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, 22)
}
