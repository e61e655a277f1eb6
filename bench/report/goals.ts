import { type Figure, ratioOf } from '../harness/statistics.ts'
import { type TargetId, target } from '../harness/targets.ts'
import { type WorkloadId, workload } from '../harness/workloads.ts'
import { spread } from './figures.ts'
import { goalsOfFile } from './grants-file.ts'
import { postern, type Results, ratesOf, timesDearer } from './results.ts'
import { commitsOfTail, ofLoop } from './stores.ts'

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

// Refreshes a second on SQLite at least, in operations of the bare loop and in those in memory; commits of their p99 at most.
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
  return [...ratios, ...sqliteGoals(results), ...startGoal(results), ...heaps, ...goalsOfFile(results.file)]
}

function sqliteGoals(results: Results): Reached[] {
  const [full, normal, memory] = (['sqlite_refresh', 'sqlite_refresh_normal', 'refresh'] as const).map((id) =>
    postern(results, id),
  )
  const least = (what: string, goal: number, ratio: Figure): Reached => {
    return { what, goal: `≥ ${goal}`, found: spread(ratio, 2), reached: ratio.median >= goal }
  }
  const goals: Reached[] = []
  if (full !== undefined) {
    goals.push(least('refreshes on SQLite (full), in operations of the bare loop', OF_LOOP, ofLoop(full)))
    const commits = commitsOfTail(full, full)
    const what = 'their p99 at half load, in commits of that loop (median)'
    goals.push({ what, goal: `≤ ${COMMITS}`, found: commits.toFixed(1), reached: commits <= COMMITS })
  }
  if (normal !== undefined && memory !== undefined) {
    const ratio = ratioOf(ratesOf(normal), ratesOf(memory))
    goals.push(least('refreshes on SQLite (normal), in those in memory', OF_MEMORY, ratio))
  }
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
