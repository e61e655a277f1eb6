import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Logger } from './http/logger.ts'

/** What the supervisor tells a worker. Not signals: a terminal, or systemd, sends those to all processes at once. */
type Order = 'stop' | 'drain'

/** Milliseconds that a worker which is being replaced still serves its open connections. */
const DRAIN = 5000
/** Milliseconds after which a worker that does not end is killed: longer than it gives its own requests. */
const KILL_AFTER = 15_000
/** Milliseconds between the unexpected end of a worker and its successor. */
const RESPAWN = 1000

/** The processes that serve one port. */
export interface Supervisor {
  /** Replaces every worker, one after the other, without refusing a request. Their successors read the configuration anew. */
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
  // Workers that are being replaced, or stopped: their end is expected.
  const leaving = new Set<Worker>()
  let listening = false
  let stopping = false
  let restarting = false
  // The number is fixed: workers that read another one, such as 1 with a store of their own, would not be one server.
  const fork = () => cluster.fork({ WORKERS: String(count) })

  cluster.on('listening', () => {
    if (!listening) onListening()
    listening = true
  })
  cluster.on('exit', (worker, code, signal) => {
    const expected = leaving.delete(worker)
    if (stopping && Object.keys(cluster.workers ?? {}).length === 0) return end(0)
    if (expected || stopping) return
    // It has said why: a wrong configuration, or a port that is taken, stays wrong.
    if (!listening) return end(code || 1)
    log.error({ worker: worker.id, code, signal }, 'a worker ended; starting another')
    setTimeout(() => stopping || fork(), RESPAWN)
  })
  for (let at = 0; at < count; at++) fork()

  const dismiss = async (worker: Worker, order: Order) => {
    leaving.add(worker)
    const gone = once(worker, 'exit')
    if (worker.isConnected()) worker.send(order)
    const late = setTimeout(() => worker.process.kill('SIGKILL'), KILL_AFTER)
    await gone
    clearTimeout(late)
  }

  const replaceAll = async () => {
    for (const old of Object.values(cluster.workers ?? {})) {
      if (old === undefined || stopping) continue
      const successor = fork()
      leaving.add(successor)
      if (!(await serves(successor))) {
        log.error('a new worker did not start; the running ones stay as they are')
        return
      }
      leaving.delete(successor)
      await dismiss(old, 'drain')
    }
    log.info('all workers are replaced')
  }

  return {
    ended,
    restart() {
      if (restarting || stopping) return
      restarting = true
      log.info('replacing the workers')
      replaceAll().finally(() => {
        restarting = false
      })
    },
    stop() {
      stopping = true
      for (const worker of Object.values(cluster.workers ?? {})) if (worker) dismiss(worker, 'stop')
    },
  }
}

/** Whether a new worker came as far as to listen. */
async function serves(worker: Worker): Promise<boolean> {
  return Promise.race([once(worker, 'listening').then(() => true), once(worker, 'exit').then(() => false)])
}

/** In a worker: does what the supervisor says, and stops where the supervisor is gone. */
export function followSupervisor(server: Server, stop: (why: string) => void): void {
  const { worker } = cluster
  worker?.on('message', (order: Order) => {
    if (order === 'stop') stop('the supervisor stops')
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
