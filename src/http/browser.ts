import '@fastify/cookie'
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CsrfBinding, checkCsrfToken, makeCsrfToken } from '../secrets/csrf.ts'
import { makeHandle, openHandle } from '../secrets/handles.ts'
import type { Keys } from '../secrets/keys.ts'
import { random } from '../secrets/random.ts'
import { type Cookies, longLived } from './cookies.ts'

const ID = 16
const DIGEST = 16
const MAX_ACCOUNTS = 8

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

  constructor(keys: Keys, cookies: Cookies, issuer: URL) {
    this.#keys = keys
    this.#cookies = cookies
    this.#issuer = issuer
  }

  /** The session cookie's value. */
  session(request: FastifyRequest): string | undefined {
    return request.cookies[this.#cookies.session]
  }

  setSession(reply: FastifyReply, value: string): void {
    reply.setCookie(this.#cookies.session, value, this.#cookies.options)
  }

  clearSession(reply: FastifyReply): void {
    reply.clearCookie(this.#cookies.session, this.#cookies.options)
  }

  /** A token for a form on a page that is being rendered; gives the browser its id where it has none. */
  formToken(
    request: FastifyRequest,
    reply: FastifyReply,
    { binding, now }: { binding: FormBinding; now: number },
  ) {
    let browser = this.#id(request)
    if (browser === undefined) {
      browser = makeHandle(this.#keys, 'bw', random(ID))
      reply.setCookie(this.#cookies.browser, browser, longLived(this.#cookies))
      // A page may have several forms: all of them get the same id.
      request.cookies[this.#cookies.browser] = browser
    }
    return makeCsrfToken(this.#keys, { browser, ...binding }, now)
  }

  /** Whether the browser has brought the cookie that every page gives it. */
  isKnown(request: FastifyRequest): boolean {
    return this.#id(request) !== undefined
  }

  /**
   * Whether a post comes from a form of ours on this browser. The token would be enough; the browser's own word
   * on where the post came from stands in front of it, and behind it where a cookie was planted.
   */
  ownForm(request: FastifyRequest, { binding, now }: { binding: FormBinding; now: number }): boolean {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (site !== undefined ? site !== 'same-origin' : origin !== undefined && origin !== this.#issuer.origin)
      return false
    const browser = this.#id(request)
    const token = (request.body as Record<string, unknown> | undefined)?.csrf
    if (browser === undefined || typeof token !== 'string') return false
    return checkCsrfToken(this.#keys, { browser, ...binding }, token, now)
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
    reply.setCookie(this.#cookies.device, value, longLived(this.#cookies))
  }

  #id(request: FastifyRequest): string | undefined {
    const cookie = request.cookies[this.#cookies.browser]
    return cookie !== undefined && openHandle(this.#keys, 'bw', cookie)?.length === ID ? cookie : undefined
  }

  #device(request: FastifyRequest): { id: Buffer; accounts: Buffer[] } | undefined {
    const cookie = request.cookies[this.#cookies.device]
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
