import { connect, type Socket } from 'node:net'

/** One answer. Bytes are read as latin1: what is looked for in them is ASCII. */
export interface Response {
  status: number
  /** Status line and headers. */
  head: string
  body: string
}

/** The request of a GET, as it goes over the wire. */
export function get(host: string, path: string, headers: Readonly<Record<string, string>> = {}): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines(headers)}\r\n`
}

/** The request of a posted form. */
export function post(
  host: string,
  path: string,
  {
    form,
    headers = {},
  }: { form: Readonly<Record<string, string>>; headers?: Readonly<Record<string, string>> },
): string {
  const body = new URLSearchParams(form).toString()
  const own = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${own}${lines(headers)}\r\n${body}`
}

/** The value of the first header of this name (in lower case), or undefined. */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1]
}

function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

const EMPTY = Buffer.alloc(0)
// Bytes: an answer beyond it is none that any workload waits for.
const LARGEST = 1024 * 1024

/**
 * A keep-alive connection to a server on loopback, one request at a time. The client of Node itself costs several times
 * what the servers cost that are measured here.
 */
export class Connection {
  readonly #port: number
  readonly #onResponse: (response: Response) => void
  readonly #onError: (error: Error) => void
  #socket: Socket | undefined
  #rest = EMPTY
  #waiting = false

  constructor(port: number, on: { response: (response: Response) => void; error: (error: Error) => void }) {
    this.#port = port
    this.#onResponse = on.response
    this.#onError = on.error
  }

  get idle(): boolean {
    return !this.#waiting
  }

  send(request: string): void {
    this.#waiting = true
    this.#socket ??= this.#connect()
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connect(): Socket {
    // One buffer for all that arrives: nothing is allocated for a read.
    const onread = {
      buffer: Buffer.allocUnsafe(64 * 1024),
      callback: (size: number, buffer: Uint8Array) => {
        this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, size))
        return true
      },
    }
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true, onread })
    socket.on('error', (error) => this.#lost(socket, error))
    socket.on('close', () => this.#lost(socket, new Error('the server closed the connection')))
    return socket
  }

  #lost(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    if (this.#waiting) this.#onError(error)
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const response = parse(bytes)
    if (response === undefined) {
      // The buffer of the reads is used again.
      this.#rest = Buffer.from(bytes)
      if (bytes.length > LARGEST) this.#onError(new Error('an answer of more than a megabyte'))
      return
    }
    this.#rest = EMPTY
    this.#waiting = false
    if (/\r\nconnection: *close/i.test(response.head)) this.close()
    this.#onResponse(response)
  }
}

/** The answer in `bytes`, or undefined as long as it is not whole. */
export function parse(bytes: Buffer): Response | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const status = Number(head.slice(9, 12))
  const start = end + 4
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    const stop = start + Number(length)
    return bytes.length < stop ? undefined : { status, head, body: bytes.toString('latin1', start, stop) }
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, head, body: '' }
  const body = unchunk(bytes.toString('latin1', start))
  return body === undefined ? undefined : { status, head, body }
}

// RFC 9112 §7.1.
function unchunk(text: string): string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    const start = line + 2
    if (text.length < start + size + 2) return undefined
    if (size === 0) return body
    body += text.slice(start, start + size)
    at = start + size + 2
  }
}
