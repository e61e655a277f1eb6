import { lookup } from 'node:dns'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopbackHost } from '../protocol/redirect-uri.ts'
import { isLoopbackAddress, isPublicAddress } from './addresses.ts'

/** A request that was not made, or got no usable answer. The message is for the log. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure'
}

export interface OutboundAnswer {
  status: number
  /** The media type, in lower case and without parameters; '' if there is none. */
  type: string
  body: string
}

/** An answer of which more is asked than its text. */
export interface Fetched {
  status: number
  /** As in `OutboundAnswer`. */
  type: string
  bytes: Buffer
  headers: IncomingHttpHeaders
}

/**
 * Which addresses may be asked beside those of the public internet: none; this machine's own, by one of the loopback names; or any,
 * as in a network of one's own. What is more than the public internet may be asked by plain http.
 */
export type Reach = 'public' | 'loopback' | 'private'

/** How names become addresses; `lookup` of Node by default. */
export type Lookup = typeof lookup

// RFC 9110 §10.1.5. Some hosts refuse whoever has no name.
const USER_AGENT = 'Postern'
// Milliseconds.
const TIMEOUT = 5000
// Bytes.
const MAX_BYTES = 64 * 1024

/**
 * The only requests that this server makes to URLs of clients. https, public addresses (judged when connecting, so
 * that a name cannot change between the check and the use), no redirects, 5 seconds, 64 KB. `reach` opens more.
 */
export class Outbound {
  readonly #reach: Reach
  readonly #find: Lookup

  constructor({ reach, find = lookup }: { reach: Reach; find?: Lookup }) {
    this.#reach = reach
    this.#find = find
  }

  /** Throws `OutboundFailure`. */
  async get(url: string): Promise<OutboundAnswer> {
    return textOf(await this.fetch(url, { accept: 'application/json', most: MAX_BYTES }))
  }

  /** The same, whole; `most`: bytes that are read, 64 KB at most. Throws `OutboundFailure`. */
  fetch(url: string, { accept, most }: { accept: string; most: number }): Promise<Fetched> {
    return this.#send(url, { method: 'GET', headers: { accept } }, { most })
  }

  /** Posts a form. Throws `OutboundFailure`. */
  async post(url: string, form: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    }
    return textOf(await this.#send(url, { method: 'POST', headers }, { body }))
  }

  async #send(
    text: string,
    options: RequestOptions & { headers: OutgoingHttpHeaders },
    { body, most = MAX_BYTES }: { body?: string; most?: number },
  ): Promise<Fetched> {
    const url = URL.parse(text)
    const secure = url?.protocol === 'https:'
    if (url === null || !(secure || (url.protocol === 'http:' && this.#isOwn(url.hostname))))
      throw new OutboundFailure('only https URLs are asked')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // An address is not looked up, so the guard below would not see it.
    if (isIP(host) !== 0 && !this.#allowed(host, url.hostname))
      throw new OutboundFailure('the address is not public')
    // Loaded when it is used: TLS is a tenth of a start, and most servers never ask anybody.
    const { request } = await import(secure ? 'node:https' : 'node:http')
    const signal = AbortSignal.timeout(TIMEOUT)
    // No agent: a connection that is kept would outlive the check of its address.
    const headers = { ...options.headers, 'user-agent': USER_AGENT }
    const complete = { ...options, headers, agent: false, signal, lookup: this.#lookup }
    return new Promise((resolve, reject) => {
      const fail = (error: Error) =>
        reject(new OutboundFailure(signal.aborted ? 'no answer in time' : error.message))
      const cut = () => fail(new Error('the connection ended without an answer'))
      // Whatever a server does to the connection, the caller is answered in time: settled twice is settled once.
      signal.addEventListener('abort', cut)
      const sent: ClientRequest = request(url, complete, (response: IncomingMessage) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > most) sent.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', fail).on('close', cut)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: mediaType(response.headers['content-type']),
            bytes: Buffer.concat(chunks),
            headers: response.headers,
          }),
        )
      })
      sent.on('error', fail)
      // RFC 9110 §15.2.2: we asked for no other protocol. Node leaves such a connection to nobody.
      sent.on('upgrade', (_response, socket) => {
        socket.destroy()
        fail(new Error('it answered 101'))
      })
      sent.end(body)
    })
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    this.#find(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const allowed = addresses.filter(({ address }) => this.#allowed(address, hostname))
      const [first] = allowed
      if (first === undefined) return callback(new Error('the address is not public'), '', 0)
      if (options.all) return callback(null, allowed)
      return callback(null, first.address, first.family)
    })
  }

  // A name of the public internet that leads to this machine is not one of its own.
  #allowed(address: string, hostname: string): boolean {
    if (this.#reach === 'private' || isPublicAddress(address)) return true
    return this.#isOwn(hostname) && isLoopbackAddress(address)
  }

  #isOwn(hostname: string): boolean {
    return this.#reach === 'private' || (this.#reach === 'loopback' && isLoopbackHost(hostname))
  }
}

function textOf({ status, type, bytes }: Fetched): OutboundAnswer {
  return { status, type, body: bytes.toString() }
}

function mediaType(header = ''): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}
