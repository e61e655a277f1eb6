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
const MAX_MARKS = 8
// Ids of one request that are looked at.
const MAX_IDS = 4

/** What a form's token is bound to beside the browser. */
export type FormBinding = Omit<CsrfBinding, 'browser'>

/**
 * What a browser brings and takes away in cookies: its anonymous id, its session's handle, who has logged in
 * on it. Nothing of it is stored here.
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

  /** Whether a request brings a session cookie, good or not. */
  bringsSession(request: FastifyRequest): boolean {
    return valuesOf(request.headers.cookie, this.#cookies.session.name).length > 0
  }

  /** What a request brings of a login: the values of its session cookies, and digests of the ids that they may be bound to. */
  session(request: FastifyRequest): { cookies: readonly string[]; browsers: readonly string[] } {
    const cookies = valuesOf(request.headers.cookie, this.#cookies.session.name)
    return { cookies, browsers: cookies.length === 0 ? [] : this.#ids(request).map(digestOf) }
  }

  /** `maxAge`: seconds that the browser keeps it, also when it is closed; until then without. */
  setSession(reply: FastifyReply, value: string, maxAge?: number): void {
    const { name, options } = this.#cookies.session
    reply.setCookie(name, value, maxAge === undefined ? options : { ...options, maxAge })
  }

  clearSession(reply: FastifyReply): void {
    const { name, options } = this.#cookies.session
    reply.clearCookie(name, options)
  }

  /** What a session that begins now is bound to. The browser keeps its id for another year: as long as any login. */
  bind(request: FastifyRequest, reply: FastifyReply): string {
    return digestOf(this.#setId(reply, this.#ids(request).at(-1)))
  }

  /** A token for a form on a page that is being rendered; gives the browser its id if it has none. */
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
   * Whether a post comes from a form of ours on this browser. The token alone would do.
   * `Sec-Fetch-Site` or `Origin` is a second check that still holds if an attacker has planted our cookie.
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

  /** This device, if somebody has logged in on it: its id, and whether it was the person of a mark. */
  device(request: FastifyRequest): { id: string; knows(mark: string): boolean } | undefined {
    const device = this.#device(request)
    if (device === undefined) return undefined
    const knows = (mark: string) => this.#digests(device.id, mark).some((digest) => has(device.marks, digest))
    return { id: device.id.toString('base64url'), knows }
  }

  /** Remembers that the person of this mark has logged in on this device; the oldest of eight gives way. */
  rememberDevice(request: FastifyRequest, reply: FastifyReply, mark: string): void {
    const device = this.#device(request) ?? { id: random(ID), marks: [] }
    const digests = this.#digests(device.id, mark)
    const others = device.marks.filter((one) => !has(digests, one))
    const marks = [...others, digests[0] as Buffer].slice(-MAX_MARKS)
    const value = makeHandle(this.#keys, 'kd', Buffer.concat([device.id, ...marks]))
    const { name, options } = this.#cookies.device
    reply.setCookie(name, value, options)
  }

  // Keyed, and another on each device: who shares the computer can neither try names against the cookie nor compare it
  // with another's. Under each key, because a mark outlives the key that signs.
  #digests(id: Buffer, mark: string): Buffer[] {
    const data = Buffer.concat([id, Buffer.from(mark)])
    return this.#keys.signWithEach('device', data).map((tag) => tag.subarray(0, DIGEST))
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

  #device(request: FastifyRequest): { id: Buffer; marks: Buffer[] } | undefined {
    const cookie = request.cookies[this.#cookies.device.name]
    const facts = cookie === undefined ? undefined : openHandle(this.#keys, 'kd', cookie)
    if (facts === undefined || facts.length < ID) return undefined
    const marks: Buffer[] = []
    for (let at = ID; at + DIGEST <= facts.length; at += DIGEST) marks.push(facts.subarray(at, at + DIGEST))
    return { id: facts.subarray(0, ID), marks }
  }
}

function has(digests: readonly Buffer[], digest: Buffer): boolean {
  return digests.some((one) => one.equals(digest))
}

// The store must not hold what a cookie holds.
function digestOf(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, 22)
}
