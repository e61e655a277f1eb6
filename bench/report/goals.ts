import type { Figure } from '../harness/statistics.ts'
import type { TargetId } from '../harness/targets.ts'
import type { WorkloadId } from '../harness/workloads.ts'
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

/** A goal, and what the run says to it. */
export interface Reached {
  workload: WorkloadId
  beside: TargetId
  least: number
  ratio: Figure
}

/** The goals that this run can speak about. */
export function goalsOf(results: Results): Reached[] {
  return GOALS.flatMap((goal) => {
    const ratio = timesDearer(results, goal.workload, goal.beside)
    return ratio === undefined ? [] : [{ ...goal, ratio }]
  })
}
