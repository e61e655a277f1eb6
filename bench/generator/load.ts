import type { Actor } from './actor.ts'
import { Connection } from './http.ts'
import type { Job, Outcome } from './job.ts'

/**
 * Runs the operations of a job over its connections. Without a rate each connection begins its next operation when the last
 * one has ended (closed loop). With one they begin by the clock, whether or not the server keeps up, and a latency counts
 * from the moment when the operation was due (open loop). Rejects at the first wrong answer.
 *
 * The process never sleeps meanwhile: a sleeping one is woken by each answer, and the server pays for the waking.
 */
export function load(job: Job, actors: readonly Actor[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = []
    const began = performance.now()
    const deadline = began + job.seconds * 1000
    const interval = job.rate === undefined ? 0 : 1000 / job.rate
    const free: number[] = []
    const starts = new Float64Array(actors.length)
    let due = began
    let started = 0
    let running = 0
    let requests = 0
    let over = false

    const connections = actors.map((actor, index) => {
      const connection: Connection = new Connection(job.port, {
        response(response) {
          try {
            requests++
            const next = actor.take(response)
            if (next !== undefined) return connection.send(next)
            latencies.push(performance.now() - (starts[index] as number))
            running--
            if (interval > 0) free.push(index)
            else if (mayBegin()) begin(index, performance.now())
          } catch (error) {
            end(error as Error)
          }
        },
        error: end,
      })
      free.push(index)
      return connection
    })

    const mayBegin = () => !over && started < job.most && performance.now() < deadline

    function begin(index: number, at: number): void {
      starts[index] = at
      started++
      running++
      connections[index]?.send((actors[index] as Actor).begin())
    }

    function end(error?: Error): void {
      if (over) return
      over = true
      const seconds = (performance.now() - began) / 1000
      for (const connection of connections) connection.close()
      if (error !== undefined) reject(error)
      else resolve({ operations: latencies.length, requests, seconds, latency: percentiles(latencies) })
    }

    function turn(): void {
      if (over) return
      if (interval > 0) beginDue()
      const more = interval > 0 ? due < deadline && started < job.most : mayBegin()
      if (running === 0 && !more) end()
      else setImmediate(turn)
    }

    function beginDue(): void {
      const now = performance.now()
      while (due <= now && due < deadline && free.length > 0 && started < job.most) {
        begin(free.pop() as number, due)
        due += interval
      }
    }

    if (interval === 0) for (const index of free.splice(0)) begin(index, performance.now())
    turn()
  })
}

function percentiles(latencies: number[]): Outcome['latency'] {
  const sorted = Float64Array.from(latencies).sort()
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}
