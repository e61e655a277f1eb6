import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { serviceRequest } from '../generator/actor.ts'
import { ask } from '../generator/once.ts'
import type { Bench } from './bench.ts'
import { FLAGS } from './child.ts'
import { pinned } from './cores.ts'
import { residentOfTree } from './processes.ts'
import type { TargetId } from './targets.ts'
import type { WorkloadId } from './workloads.ts'

/** How a server starts. One value a round; milliseconds from the command to the first token, bytes. */
export interface Starts {
  target: TargetId
  cold: number[]
  warm: number[]
  /** Two seconds after the first token, without a load. */
  resident: number[]
}

const AT_REST = 2000
// Seconds.
const GIVEN_UP_AFTER = 30

/** Starts each server again and again, in turn: cold, which is without a compile cache, then warm. */
export async function startsOf(
  bench: Bench,
  targets: readonly TargetId[],
  rounds: number,
): Promise<Starts[]> {
  const all = targets.map((target): Starts => ({ target, cold: [], warm: [], resident: [] }))
  // Fills the caches of those that have one.
  for (const { target } of all) await oneStart(bench, target, { cold: false })
  for (let round = 0; round < rounds; round++) {
    for (const one of all) {
      one.cold.push((await oneStart(bench, one.target, { cold: true })).milliseconds)
      const { milliseconds, resident } = await oneStart(bench, one.target, { cold: false, rest: AT_REST })
      one.warm.push(milliseconds)
      one.resident.push(resident)
    }
  }
  return all
}

/** One start, until the first token; `rest`: milliseconds after it until the memory is looked at. The server is killed then. */
export async function oneStart(
  bench: Bench,
  id: TargetId,
  {
    cold,
    rest = 0,
    workload = 'client_credentials',
    ...options
  }: { cold: boolean; rest?: number; workload?: WorkloadId; file?: string },
): Promise<{ milliseconds: number; resident: number }> {
  const { start, job } = await bench.startOf(id, workload, { people: 10, ...options })
  const { PATH = '', HOME = '' } = process.env
  const env = {
    PATH,
    HOME,
    NODE_ENV: 'production',
    ...start.env,
    ...(cold && { NODE_DISABLE_COMPILE_CACHE: '1' }),
  }
  const [program, parameters] = pinned(
    start.cores,
    start.command ?? [process.execPath, ...FLAGS, start.script],
  )
  const begun = performance.now()
  const child = spawn(program, parameters, { stdio: 'ignore', env, cwd: bench.folder })
  try {
    const until = Date.now() + (start.within ?? GIVEN_UP_AFTER) * 1000
    await firstToken(child, until, () => ask(job.port, serviceRequest(job)))
    const milliseconds = performance.now() - begun
    await new Promise((resolve) => setTimeout(resolve, rest))
    return { milliseconds, resident: residentOfTree(child.pid as number) }
  } finally {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  }
}

async function firstToken(
  child: ChildProcess,
  until: number,
  request: () => Promise<{ status: number; body: string }>,
): Promise<void> {
  while (Date.now() < until && child.exitCode === null) {
    try {
      const { status, body } = await request()
      if (status === 200 && body.includes('"access_token":"')) return
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('the server gave no token after its start')
}
