import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import type { Logger } from './logger.ts'

/** Bytes: the request line and all headers. A query may be about half of it (`MAX_QUERY` of the forms). */
const MAX_HEADERS = 32 * 1024

/**
 * Milliseconds, of Node's own: a connection on which no complete head of a request arrives, or nothing at all, is
 * ended after `headersTimeout`. A `Host` that is missing is answered here, in its turn.
 */
export const HEAD_LIMITS = {
  headersTimeout: 20_000,
  connectionsCheckingInterval: 5_000,
  requireHostHeader: false,
  maxHeaderSize: MAX_HEADERS,
} as const

/** Milliseconds that a complete answer may wait for its reader without a byte moving. */
export const UNREAD_LIMIT = 30_000

// Requests of all connections that wait behind another of their connection: 2.4 KB each, a tenth of the heap.
const MAX_WAITING = Math.floor(getHeapStatistics().heap_size_limit / 10 / 2400)
// Milliseconds, once the server stops, for what began to arrive just before.
const LAST_HEAD = 2000

const TOO_LARGE = `the URL and the headers of this request are larger than ${MAX_HEADERS} bytes together. Delete the cookies of this site, or make the URL shorter: an authorization request may be sent by POST, whose body is not counted`

/** What is refused in another way than most: status, reason, body. */
const REFUSALS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', TOO_LARGE],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Content Too Large', 'the extensions of the chunks are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time'],
}
const MALFORMED = [400, 'Bad Request', 'the request is malformed'] as const

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * What a connection may cost before a route is reached. Requests of one connection are handled one after the other,
 * the next one when the answer before it has left this process: who does not read is owed one answer, not thousands.
 * While requests wait so, nothing more of their connection is read.
 */
export class Connections {
  readonly #log: Logger
  /** How many requests wait, by connection. */
  readonly #waiting = new Map<Socket, number>()
  readonly #refused = new WeakSet<Socket>()
  readonly #open = new Set<Socket>()
  #sum = 0
  #handle: Handler = () => {}

  constructor(log: Logger) {
    this.#log = log
  }

  /** Puts itself between `server` and its one listener of requests. */
  guard(server: Server): void {
    const [handle] = server.listeners('request') as [Handler]
    server.off('request', handle)
    this.#handle = handle
    const inTurn = this.#inTurn((request, response) => this.#handle(request, response))
    server.on('request', inTurn)
    // RFC 9110 §10.1.1.
    server.on('checkExpectation', this.#inTurn(this.#answering(417)))
    // Idle for long, or silent from the start; but never while an answer is being made.
    server.on('timeout', (socket: Socket) => answerOn(socket)?.writableEnded === false || socket.destroy())
    server.on('connection', (socket) => {
      this.#open.add(socket)
      socket.once('close', () => {
        this.#open.delete(socket)
        this.#forget(socket)
      })
    })
    closeHeadless(server, this.#open)
  }

  /** Gives the requests that arrive from now on to `handle`. Those under way stay where they are. */
  handTo(handle: Handler): void {
    this.#handle = handle
  }

  /** Answers what Node's parser refuses, and ends the connection: whatever else it carries is of no use. */
  refuse({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
    // A connection that broke, or on which nothing ever came, is no request.
    const asked = code.startsWith('HPE_') || (code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead > 0)
    if (!asked || !socket.writable) return void socket.destroy()
    if (this.#refused.has(socket)) return
    this.#listenNoMore(socket)
    const [status, reason, text] = REFUSALS[code] ?? MALFORMED
    this.#log.info({ route: 'none', status, error: code, ip: socket.remoteAddress }, 'request')
    const end = () => {
      if (!socket.writable) return
      const head = `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8`
      socket.write(`${head}\r\nContent-Length: ${text.length + 1}\r\n\r\n${text}\n`)
      socket.destroySoon()
    }
    const answer = answerOn(socket)
    // A request that had arrived before is answered first.
    if (answer?.req.complete) answer.once('finish', end)
    else if (answer?.headersSent) socket.destroy()
    else end()
  }

  #inTurn(handle: Handler): Handler {
    const withoutHost = this.#answering(400)
    const checked: Handler = (request, response) =>
      // RFC 9112 §3.2: 400 for a request of HTTP/1.1 that lacks a Host header field.
      request.headers.host === undefined && request.httpVersion === '1.1'
        ? withoutHost(request, response)
        : handle(request, response)
    return (request, response) =>
      response.socket === null ? this.#wait(request, response, checked) : checked(request, response)
  }

  #answering(status: number): Handler {
    return ({ method, socket }, response) => {
      this.#log.info({ method, route: 'none', status, ip: socket.remoteAddress }, 'request')
      this.#listenNoMore(socket)
      response.writeHead(status, { connection: 'close', 'content-length': 0 }).end()
    }
  }

  #wait(request: IncomingMessage, response: ServerResponse, handle: Handler): void {
    const { socket } = request
    if (socket.destroyed) return
    const count = this.#waiting.get(socket) ?? 0
    if (count === 0) stopReading(socket)
    this.#waiting.set(socket, count + 1)
    this.#sum++
    // Node gives a response its socket when the one before is finished. In the next turn of the event loop: thousands
    // in one packet must not be handled at one go, with everybody else waiting.
    response.once('socket', () => setImmediate(() => this.#release(socket) && handle(request, response)))
    if (this.#sum > MAX_WAITING) this.#giveWay()
  }

  /** Takes one request of a connection out of the count. False if nobody waits for its answer any more. */
  #release(socket: Socket): boolean {
    const count = this.#waiting.get(socket)
    if (count === undefined || this.#refused.has(socket)) return false
    this.#sum--
    if (count > 1) this.#waiting.set(socket, count - 1)
    else {
      this.#waiting.delete(socket)
      readAgain(socket)
    }
    return true
  }

  /**
   * Ends the connection on which most requests wait. What they hold is free at the end of this turn of the event
   * loop: until then no other connection is read, or those that are full at once would be too much together.
   */
  #giveWay(): void {
    const [most] = [...this.#waiting].reduce((one, other) => (other[1] > one[1] ? other : one))
    this.#forget(most)
    most.destroy()
    const read = [...this.#open].filter((socket) => !this.#stopped(socket))
    for (const socket of read) stopReading(socket)
    setImmediate(() => {
      for (const socket of read) if (!this.#stopped(socket)) readAgain(socket)
    })
  }

  #listenNoMore(socket: Socket): void {
    this.#refused.add(socket)
    stopReading(socket)
  }

  #stopped(socket: Socket): boolean {
    return socket.destroyed || this.#waiting.has(socket) || this.#refused.has(socket)
  }

  #forget(socket: Socket): void {
    this.#sum -= this.#waiting.get(socket) ?? 0
    this.#waiting.delete(socket)
  }
}

/** The answer that is being made or sent on a connection. Node's own name for it. */
function answerOn(socket: Socket): ServerResponse | null | undefined {
  return (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage
}

// `pause` alone does not last: Node resumes a connection with the end of every message in it.
function stopReading(socket: Socket): void {
  socket.pause()
  socket.resume = () => socket
}

function readAgain(socket: Socket): void {
  socket.resume = Socket.prototype.resume
  socket.resume()
}

/**
 * To Node a connection that has sent nothing, or half a head, is not idle, and would keep a server that stops waiting.
 * Two seconds after it began to close what is idle, all connections without a request are closed.
 */
function closeHeadless(server: Server, open: ReadonlySet<Socket>): void {
  const closeIdle = server.closeIdleConnections.bind(server)
  let since: number | undefined
  server.closeIdleConnections = () => {
    closeIdle()
    since ??= performance.now()
    if (performance.now() - since < LAST_HEAD) return
    for (const socket of open) if (!answerOn(socket)) socket.destroy()
  }
}
