import { lookup } from 'node:dns'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './addresses.ts'

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

const TIMEOUT = 5000
const MAX_BYTES = 64 * 1024

/**
 * The only requests that this server makes to URLs of clients. https, public addresses (judged when connecting, so
 * that a name cannot change between the check and the use), no redirects, 5 seconds, 64 KB. In a network of one's
 * own `allowPrivate` opens private addresses and http.
 */
export class Outbound {
  readonly #allowPrivate: boolean

  constructor({ allowPrivate }: { allowPrivate: boolean }) {
    this.#allowPrivate = allowPrivate
  }

  /** Throws `OutboundFailure`. */
  get(url: string): Promise<OutboundAnswer> {
    return this.#send(url, { method: 'GET', headers: { accept: 'application/json' } })
  }

  /** Posts a form. Throws `OutboundFailure`. */
  post(url: string, form: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    }
    return this.#send(url, { method: 'POST', headers }, body)
  }

  async #send(text: string, options: RequestOptions, body?: string): Promise<OutboundAnswer> {
    const url = URL.parse(text)
    const secure = url?.protocol === 'https:'
    if (url === null || !(secure || (this.#allowPrivate && url.protocol === 'http:')))
      throw new OutboundFailure('only https URLs are asked')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // An address is not looked up, so the guard below would not see it.
    if (isIP(host) !== 0 && !this.#allowed(host)) throw new OutboundFailure('the address is not public')
    // Loaded when it is used: TLS is a tenth of a start, and most servers never ask anybody.
    const { request } = await import(secure ? 'node:https' : 'node:http')
    const signal = AbortSignal.timeout(TIMEOUT)
    // No agent: a connection that is kept would outlive the check of its address.
    const complete = { ...options, agent: false, signal, lookup: this.#lookup }
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
          if (bytes > MAX_BYTES) sent.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', fail).on('close', cut)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: mediaType(response.headers['content-type']),
            body: Buffer.concat(chunks).toString('utf8'),
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
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const allowed = addresses.filter(({ address }) => this.#allowed(address))
      const [first] = allowed
      if (first === undefined) return callback(new Error('the address is not public'), '', 0)
      if (options.all) return callback(null, allowed)
      return callback(null, first.address, first.family)
    })
  }

  #allowed(address: string): boolean {
    return this.#allowPrivate || isPublicAddress(address)
  }
}

function mediaType(header = ''): string {
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase()
}
