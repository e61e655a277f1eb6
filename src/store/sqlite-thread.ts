import { Worker } from 'node:worker_threads'
import type { Answer, Asked } from './sqlite-batch.ts'
import type { Operations } from './sqlite-operations.ts'
import type { Opened, WriterData } from './sqlite-writer.ts'
import { type Report, StoreUnavailable } from './store.ts'

/** An operation was sent, and nobody can say whether it was committed. */
export class OutcomeUnknown extends StoreUnavailable {}

/** The file cannot be opened, and will not be by waiting. */
export class CannotOpen extends Error {
  /** Whether a later release has written it. */
  readonly newer: boolean

  constructor(problem: string, newer: boolean) {
    super(problem)
    this.newer = newer
  }
}

interface Waiting {
  /** Milliseconds: when it was asked. */
  since: number
  resolve(value: unknown): void
  reject(error: Error): void
}

// Milliseconds until a thread that died is started again.
const AGAIN = 500
// Milliseconds that an answer may take: a disk that hangs must not hold everybody for ever.
const PATIENCE = 30_000
const LOOK_EVERY = 5000
// Milliseconds that `reachable` waits.
const SHORT = 1000

const WRITER = new URL('./sqlite-writer.ts', import.meta.url)

/** The thread that writes, as the server's thread sees it: it asks in its turn, and is told when it is committed. */
export class SqliteThread {
  readonly #data: WriterData
  readonly #report: Report
  #worker: Worker | undefined
  #outbox: Asked[] = []
  readonly #waiting = new Map<number, Waiting>()
  readonly #ready = new Set<() => void>()
  #number = 0
  #closed = false
  readonly #looking = setInterval(() => this.#giveUp(), LOOK_EVERY).unref()

  private constructor(data: WriterData, report: Report) {
    this.#data = data
    this.#report = report
  }

  /** Starts the thread; resolves when it has opened the file. Throws `CannotOpen`. */
  static async start(data: WriterData, report: Report): Promise<SqliteThread> {
    const thread = new SqliteThread(data, report)
    await thread.#start()
    return thread
  }

  /**
   * Asks for an operation, and returns what it answers. Throws `StoreUnavailable` if it surely was not done, and
   * `OutcomeUnknown` if that is open.
   */
  ask<O extends keyof Operations>(
    operation: O,
    ...parameters: Parameters<Operations[O]>
  ): Promise<ReturnType<Operations[O]>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    if (this.#worker === undefined)
      reject(new StoreUnavailable('the thread that writes is being started again'))
    else {
      const number = ++this.#number
      this.#waiting.set(number, { since: performance.now(), resolve, reject })
      // One message for all that one turn of the event loop asks.
      if (this.#outbox.length === 0) setImmediate(() => this.#send())
      this.#outbox.push([number, operation, ...parameters])
    }
    return promise as Promise<ReturnType<Operations[O]>>
  }

  /** Resolves when the thread writes again, or after a second in vain. */
  reachable(): Promise<void> {
    if (this.#worker !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(late)
        this.#ready.delete(done)
        resolve()
      }
      const late = setTimeout(done, SHORT)
      this.#ready.add(done)
    })
  }

  /** Ends the thread when all that was asked is answered. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#looking)
    this.#send()
    const worker = this.#worker
    if (worker === undefined) return
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('close')
    await gone
  }

  /** For tests: ends the thread as a crash would. */
  async kill(): Promise<void> {
    await this.#worker?.terminate()
  }

  #send(): void {
    const asked = this.#outbox
    if (asked.length === 0) return
    this.#outbox = []
    // Without a thread they are answered where it ended.
    this.#worker?.postMessage(asked)
  }

  // The earliest comes first.
  #giveUp(): void {
    for (const [number, { since }] of this.#waiting) {
      if (performance.now() - since < PATIENCE) return
      this.#settle([number, 'unknown', 'the disk does not answer'])
    }
  }

  async #start(): Promise<void> {
    const worker = new Worker(WRITER, { workerData: this.#data })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', (message: Opened | readonly Answer[]) => {
      if (!('opened' in message)) {
        for (const answer of message) this.#settle(answer)
        return
      }
      if (!message.opened) return reject(new CannotOpen(message.problem, message.newer))
      this.#worker = worker
      for (const done of this.#ready) done()
      resolve()
    })
    worker.on('error', (error) => reject(error))
    worker.on('exit', () => {
      reject(new Error('the thread that writes has ended'))
      if (this.#worker === worker) this.#ended()
    })
    return promise
  }

  #ended(): void {
    this.#worker = undefined
    const left = [...this.#waiting.keys()]
    this.#outbox = []
    for (const number of left) this.#settle([number, 'unknown', 'the thread that writes has ended'])
    if (this.#closed) return
    this.#report('error', 'the thread that writes to the store has ended; starting another')
    this.#again()
  }

  #again(): void {
    setTimeout(() => {
      if (this.#closed) return
      this.#start().catch((error: Error) => {
        this.#report('error', 'the store cannot be opened again yet', { detail: error.message })
        this.#again()
      })
    }, AGAIN).unref()
  }

  #settle([number, result, value]: Answer): void {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    this.#waiting.delete(number)
    if (result === 'done') waiting.resolve(value)
    else if (result === 'failed') waiting.reject(new StoreUnavailable(String(value)))
    else waiting.reject(new OutcomeUnknown(String(value)))
  }
}
