import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome, ProbeResult } from '../generator/job.ts'
import type { Bench, Running } from './bench.ts'
import { type Beside, besideOf } from './commits.ts'
import { cpuOfTree, residentOfTree } from './processes.ts'
import { Redis } from './redis.ts'
import { figureOf } from './statistics.ts'
import { type TargetId, target } from './targets.ts'
import { type WorkloadId, workload } from './workloads.ts'

/** One round of one server. */
export interface Round {
  /** Operations a second. */
  rate: number
  /** CPU microseconds of the server an operation. */
  cpu: number
  /** The part of the time that the server's processes were working, of one core. */
  busy: number
  /** With refreshes on SQLite alone. */
  beside?: Beside
}

/** What one server did with one workload. */
export interface Measured {
  target: TargetId
  rounds: Round[]
  /** At half of its own peak. Milliseconds. */
  open: Outcome['latency'][]
  openRate: number
  /** Log lines, and requests, of one operation. */
  lines: number
  requests: number
  /** Bytes of memory after the load. */
  resident: number
}

/** One workload: who was measured, and who was not and why. */
export interface Table {
  workload: WorkloadId
  measured: Measured[]
  refused: { target: TargetId; why: string }[]
}

/** Measures a workload on these servers, in interleaved rounds. */
export async function measure(bench: Bench, id: WorkloadId, targets: readonly TargetId[]): Promise<Table> {
  const redis = workload(id).store === 'redis' ? await Redis.start() : undefined
  const running: Running[] = []
  const table: Table = { workload: id, measured: [], refused: [] }
  const shapes = new Map<TargetId, ProbeResult>()
  try {
    if (workload(id).store === 'redis' && redis === undefined) throw new Error('redis-server does not start')
    for (const one of targets) {
      try {
        const { shape, ...checked } = await check(bench, { target: one, workload: id, redis })
        expectSame(one, shape, shapes)
        const server = await bench.start(one, id, { ...(redis && { redis }) })
        running.push(server)
        await bench.generator.prepare(server.job)
        const empty = { target: one, rounds: [], open: [], openRate: 0, resident: 0 }
        table.measured.push({ ...empty, ...checked })
      } catch (error) {
        table.refused.push({ target: one, why: (error as Error).message })
      }
    }
    await rounds(bench, running, table)
  } finally {
    for (const { child } of running) await child.stop()
    await redis?.stop()
  }
  return table
}

async function rounds(bench: Bench, running: readonly Running[], table: Table): Promise<void> {
  const { generator, plan } = bench
  let turn = running.map((server, index) => ({ server, measured: table.measured[index] as Measured }))

  // A server that fails in the middle is out of the table; the others go on.
  async function each(step: (server: Running, measured: Measured) => Promise<void>): Promise<void> {
    for (const one of turn) {
      try {
        await step(one.server, one.measured)
      } catch (error) {
        turn = turn.filter((other) => other !== one)
        table.refused.push({ target: one.server.id, why: (error as Error).message })
      }
    }
  }

  await each(async ({ id, job }) => {
    const { warmUp = 1 } = target(id).program ?? {}
    await generator.run({ ...job, seconds: plan.warmUp * warmUp })
  })
  for (let round = 0; round < plan.rounds; round++) {
    await each(async (server, measured) => void measured.rounds.push(await oneRound(bench, server)))
  }
  for (let round = 0; round < plan.openRounds; round++) {
    await each(async ({ job }, measured) => {
      measured.openRate = Math.max(1, figureOf(measured.rounds.map(({ rate }) => rate)).median / 2)
      const { latency } = await generator.run({ ...job, rate: measured.openRate })
      measured.open.push(latency)
    })
  }
  await each(async ({ child, job }, measured) => {
    const several = workload(job.workload).processes > 1
    measured.resident = several ? residentOfTree(child.pid) : (await child.usage()).resident
  })
  table.measured = turn.map(({ measured }) => measured)
}

/** One round of a server that is warm. */
export async function oneRound(bench: Bench, { child, job }: Running): Promise<Round> {
  const { processes, sync, sends } = workload(job.workload)
  // The kernel's count for several processes; the process' own, which is exact, for one.
  const used = async () => (processes > 1 ? { cpu: cpuOfTree(child.pid), batches: [] } : await child.usage())
  const before = await used()
  const { operations, seconds } = await bench.generator.run(job)
  const after = await used()
  const cpu = after.cpu - before.cpu
  const round = { rate: operations / seconds, cpu: cpu / operations, busy: cpu / seconds / 1e6 }
  if (sync === undefined || sends !== 'refresh') return round
  const { connections: callers } = job
  const { batches } = after
  const beside = besideOf(bench.folder, { sync, callers, batches, seconds: bench.plan.seconds })
  return { ...round, beside }
}

// Operations whose log lines are counted; few of those that take long.
const COUNTED = 20
const FEW = 3

/**
 * Before anything is measured: refuses a server that accepts what it must not, and counts the log lines of an operation
 * in a file, since nobody can count them in /dev/null.
 */
async function check(
  bench: Bench,
  { target: one, workload: id, redis }: { target: TargetId; workload: WorkloadId; redis: Redis | undefined },
): Promise<{ lines: number; requests: number; shape: ProbeResult }> {
  const file = join(bench.folder, 'lines.log')
  const output = openSync(file, 'w')
  const server = await bench.start(one, id, { ...(redis && { redis }), output })
  try {
    const shape = await bench.generator.probe(server.job)
    const { accepted } = shape
    if (accepted.length > 0) throw new Error(`not measured: it accepts ${accepted.join(', ')}`)
    const { cost = 4 } = workload(id)
    const most = cost > 8 ? FEW : COUNTED
    const job = { ...server.job, connections: 1, people: 1, most, seconds: 20 }
    await bench.generator.prepare(job)
    const before = await linesOf(file)
    const { operations, requests } = await bench.generator.run(job)
    const lines = (await linesOf(file)) - before
    return { lines: lines / operations, requests: requests / operations, shape }
  } finally {
    await server.child.stop()
    closeSync(output)
  }
}

// A server that claims to send what Postern sends is held to it: the same headers, the same size to a tenth.
function expectSame(id: TargetId, shape: ProbeResult, shapes: Map<TargetId, ProbeResult>): void {
  shapes.set(id, shape)
  const ours = shapes.get('postern')
  if (!target(id).same || ours === undefined) return
  const size = shape.bytes / ours.bytes
  if (shape.headers.join() === ours.headers.join() && size > 0.9 && size < 1.1) return
  throw new Error(
    `its answer is not Postern's: ${shape.bytes} bytes with ${shape.headers}, ours ${ours.bytes} with ${ours.headers}`,
  )
}

// Milliseconds in which the last lines are surely written.
const SETTLES_WITHIN = 100

async function linesOf(file: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLES_WITHIN))
  return readFileSync(file, 'utf8').split('\n').length - 1
}
