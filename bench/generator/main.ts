import { availableParallelism, setPriority } from 'node:os'
import type { Actor } from './actor.ts'
import type { Order, Report } from './job.ts'
import { load } from './load.ts'
import { prepare } from './prepare.ts'
import { probe } from './probe.ts'

/** The generator's process: takes orders from the run, one at a time, and keeps what was prepared for each server. */
const prepared = new Map<string, Actor[]>()

// With two cores Redis shares this one: it must not wait for a process that never sleeps.
if (availableParallelism() <= 2) setPriority(5)

// The preload of every child has let go of it.
process.channel?.ref()
process.on('message', async (order: Order) => {
  try {
    process.send?.(await carryOut(order))
  } catch (error) {
    process.send?.({ kind: 'failed', message: (error as Error).message } satisfies Report)
  }
})

async function carryOut({ kind, job }: Order): Promise<Report> {
  if (kind === 'probe') return { kind: 'probed', result: await probe(job) }
  if (kind === 'prepare') {
    prepared.set(job.target, await prepare(job))
    return {
      kind: 'done',
      outcome: { operations: 0, requests: 0, seconds: 0, latency: { p50: 0, p99: 0, p999: 0 } },
    }
  }
  const actors = prepared.get(job.target)
  if (actors === undefined) throw new Error(`nothing was prepared for ${job.target}`)
  return { kind: 'done', outcome: await load(job, actors) }
}
