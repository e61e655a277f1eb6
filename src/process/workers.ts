import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Logger } from '../http/logger.ts'

/** What the supervisor tells a worker. Not signals: a terminal, or systemd, sends those to all processes at once. */
type Order = 'serve' | 'stop' | 'drain'

/** Milliseconds that a worker which is being replaced still serves its open connections. */
const DRAIN = 5000
/** Milliseconds after which a worker that does not end is killed: longer than it gives its own requests. */
const KILL_AFTER = 15_000
/** Milliseconds between the unexpected end of a worker and its successor. */
const RESPAWN = 1000

/** The processes that serve one port. */
export interface Supervisor {
  /**
   * Replaces all workers at once, without refusing a request: no connection reaches one of the old configuration after
   * the first one reached one of the new. Their successors read the configuration anew.
   */
  restart(): void
  /** Lets what is in flight end; called again, waits no longer. */
  stop(): void
  /** Resolves with the exit code when all are gone. */
  ended: Promise<number>
}

/** Starts `count` workers and keeps that many running. `onListening` is called once, when the first one serves. */
export function supervise(
  count: number,
  { log, onListening }: { log: Logger; onListening: () => void },
): Supervisor {
  const { promise: ended, resolve: end } = Promise.withResolvers<number>()
  // An order must reach a worker before the connections that follow it: only a supervisor that hands them out sees to that.
  cluster.schedulingPolicy = cluster.SCHED_RR
  // Workers that are being replaced, or stopped: their end is expected.
  const leaving = new Set<Worker>()
  // Those that are to replace them, as long as they wait for each other.
  const coming = new Set<Worker>()
  let listening = false
  let stopping = false
  let restarting = false
  // The number is fixed: workers that read another one, such as 1 with a store of their own, would not be one server.
  const fork = () => cluster.fork({ WORKERS: String(count) })
  const serving = () =>
    Object.values(cluster.workers ?? {}).filter(
      (one) => one && !one.isDead() && !leaving.has(one) && !coming.has(one),
    ) as Worker[]

  cluster.on('listening', (worker) => {
    if (!coming.has(worker)) tell(worker, 'serve')
    if (!listening) onListening()
    listening = true
  })
  cluster.on('exit', (worker, code, signal) => {
    const expected = leaving.delete(worker) || coming.has(worker)
    if (stopping && Object.keys(cluster.workers ?? {}).length === 0) return end(0)
    if (expected || stopping) return
    // It has said why: a wrong configuration, or a port that is taken, stays wrong.
    if (!listening) return end(code || 1)
    log.error({ worker: worker.id, code, signal }, 'a worker ended; starting another')
    setTimeout(() => stopping || serving().length >= count || fork(), RESPAWN)
  })
  for (let at = 0; at < count; at++) fork()

  const dismiss = async (worker: Worker, order: Order) => {
    leaving.add(worker)
    const gone = once(worker, 'exit')
    tell(worker, order)
    const late = setTimeout(() => worker.process.kill('SIGKILL'), KILL_AFTER)
    await gone
    clearTimeout(late)
  }

  const replaceAll = async () => {
    const successors: Worker[] = []
    const start = async (many: number) => {
      const started = Array.from({ length: many }, fork)
      for (const worker of started) coming.add(worker)
      successors.push(...started)
      return (await Promise.all(started.map(listens))).every(Boolean)
    }
    // One before the others: a wrong configuration is said once, not by each of them.
    const ready = (await start(1)) && !stopping && (await start(count - 1))
    if (stopping) return
    if (!ready || successors.some((worker) => worker.isDead())) {
      log.error('a new worker did not start; the running ones stay as they are')
      await Promise.all(
        successors.filter((worker) => !worker.isDead()).map((worker) => dismiss(worker, 'stop')),
      )
      return
    }
    // In one turn of the event loop, in which no connection is handed out: whichever comes later goes to a successor.
    const gone = serving().map((worker) => dismiss(worker, 'drain'))
    for (const worker of successors) {
      coming.delete(worker)
      tell(worker, 'serve')
    }
    await Promise.all(gone)
    log.info('all workers are replaced')
  }

  return {
    ended,
    restart() {
      if (restarting || stopping) return
      restarting = true
      log.info('replacing the workers')
      replaceAll()
        // Those that run go on, and so does the supervisor, or all of them would end with it.
        .catch((error: Error) => log.error({ detail: error.message }, 'the workers were not replaced'))
        .finally(() => {
          coming.clear()
          restarting = false
        })
    },
    stop() {
      stopping = true
      // Their end is heard of by `exit`; a worker that could not be told is killed when its time is over.
      for (const worker of Object.values(cluster.workers ?? {}))
        if (worker) dismiss(worker, 'stop').catch(() => {})
    },
  }
}

function tell(worker: Worker, order: Order): void {
  if (worker.isConnected()) worker.send(order)
}

/** Whether a new worker came as far as to listen. */
async function listens(worker: Worker): Promise<boolean> {
  return Promise.race([once(worker, 'listening').then(() => true), once(worker, 'exit').then(() => false)])
}

/**
 * In a worker, before it listens: takes connections when the supervisor says so, does what else it says, and stops if
 * the supervisor is gone.
 */
export function followSupervisor(server: Server, stop: (why: string) => void): void {
  const { worker } = cluster
  // What a worker does not take, the supervisor hands to another.
  server.maxConnections = 0
  worker?.on('message', (order: Order) => {
    if (order === 'serve') server.maxConnections = Number.POSITIVE_INFINITY
    else if (order === 'stop') stop('the supervisor stops')
    else drain(server, () => stop('replaced by another worker'))
  })
  worker?.on('disconnect', () => {
    if (!worker.exitedAfterDisconnect) stop('the supervisor is gone')
  })
}

/**
 * Takes no new connections, and serves the open ones with the wish to come back on another: closing them as idle
 * would break the request that a client is just sending.
 */
function drain(server: Server, done: () => void): void {
  const { closeIdleConnections } = server
  // Leaving the cluster closes the server, which would close what is idle now.
  server.closeIdleConnections = () => {}
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  cluster.worker?.disconnect()
  const until = Date.now() + DRAIN
  const look = setInterval(() => {
    server.getConnections((_error, open) => {
      if (open > 0 && Date.now() < until) return
      clearInterval(look)
      server.closeIdleConnections = closeIdleConnections
      server.closeIdleConnections()
      done()
    })
  }, 50)
}
