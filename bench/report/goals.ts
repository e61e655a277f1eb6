import type { Measured } from '../harness/measure.ts'
import { type Figure, figureOf, ratioOf } from '../harness/statistics.ts'
import { type TargetId, target } from '../harness/targets.ts'
import { type WorkloadId, workload } from '../harness/workloads.ts'
import { spread } from './figures.ts'
import { type Results, timesDearer } from './results.ts'

/** What Postern should reach: the CPU of `beside` divided by ours is at least this. */
const GOALS: readonly { workload: WorkloadId; beside: TargetId; least: number }[] = [
  { workload: 'client_credentials', beside: 'proof', least: 0.85 },
  { workload: 'introspect', beside: 'proof', least: 0.85 },
  { workload: 'refresh', beside: 'proof', least: 0.75 },
  { workload: 'metadata', beside: 'bare', least: 0.9 },
  { workload: 'client_credentials', beside: 'oidc', least: 3 },
  { workload: 'introspect', beside: 'oidc', least: 3 },
  { workload: 'refresh', beside: 'oidc', least: 3.5 },
  { workload: 'redis_refresh', beside: 'oidc', least: 5 },
  { workload: 'flow', beside: 'oidc', least: 4 },
]

// Of the bare loop's operations, and of its commits (median): durable refreshes at least, and their p99 at half load at most.
const OF_LOOP = 0.7
const OF_MEMORY = 0.5
const COMMITS = 5

// Bytes of heap a living grant at most; a warm start, in starts of bare Fastify, at most.
const HEAP = 600
const START = 1.4

/** A goal, and what the run says to it. */
export interface Reached {
  what: string
  goal: string
  found: string
  reached: boolean
}

/** The goals that this run can speak about. */
export function goalsOf(results: Results): Reached[] {
  const ratios = GOALS.flatMap(({ workload: id, beside, least }) => {
    const ratio = timesDearer(results, id, beside)
    if (ratio === undefined) return []
    const what = `${workload(id).title}: CPU of ${target(beside).name}, in ours`
    return [{ what, goal: `≥ ${least}`, found: spread(ratio, 2), reached: ratio.median >= least }]
  })
  const heaps = results.heaps.map(({ grants, bytes }) => ({
    what: `heap of a living grant, of ${grants.toLocaleString('en')}`,
    goal: `≤ ${HEAP} bytes`,
    found: `${Math.round(bytes)} bytes`,
    reached: bytes <= HEAP,
  }))
  return [...ratios, ...sqliteGoals(results), ...startGoal(results), ...heaps]
}

function sqliteGoals({ tables }: Results): Reached[] {
  const of = (id: WorkloadId) =>
    tables.find((table) => table.workload === id)?.measured.find((one) => one.target === 'postern')
  const [full, normal, memory] = [of('sqlite_refresh'), of('sqlite_refresh_normal'), of('refresh')]
  const rates = (measured: Measured) => measured.rounds.map(({ rate }) => rate)
  const goals: Reached[] = []
  const least = (what: string, goal: number, ratio: Figure) =>
    goals.push({ what, goal: `≥ ${goal}`, found: spread(ratio, 2), reached: ratio.median >= goal })
  if (full !== undefined) {
    const loops = full.rounds.flatMap(({ commits }) => commits ?? [])
    const loop = ratioOf(
      rates(full),
      loops.map(({ rate }) => rate),
    )
    least('refreshes on SQLite (full), in operations of a bare loop of commits of that size', OF_LOOP, loop)
    const p99 = figureOf(full.open.map((latency) => latency.p99)).median
    const commits = p99 / figureOf(loops.map(({ p50 }) => p50)).median
    const what = 'their p99 at half load, in commits of that loop'
    goals.push({ what, goal: `≤ ${COMMITS}`, found: commits.toFixed(1), reached: commits <= COMMITS })
  }
  if (normal !== undefined && memory !== undefined)
    least(
      'refreshes a second on SQLite (normal), in those in memory',
      OF_MEMORY,
      ratioOf(rates(normal), rates(memory)),
    )
  return goals
}

function startGoal({ starts }: Results): Reached[] {
  const of = (id: TargetId) => starts.find((one) => one.target === id)?.warm
  const [ours, bare] = [of('postern'), of('bare')]
  if (ours === undefined || bare === undefined) return []
  const ratio = ratioOf(ours, bare)
  const what = 'start to the first token, in starts of bare Fastify'
  return [{ what, goal: `≤ ${START}`, found: spread(ratio, 2), reached: ratio.median <= START }]
}
