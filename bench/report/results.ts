import type { Plan } from '../harness/bench.ts'
import type { GrantsFile } from '../harness/grants-file.ts'
import type { HeapOfGrants } from '../harness/heap.ts'
import type { Machine } from '../harness/machine.ts'
import type { Measured, Table } from '../harness/measure.ts'
import type { Starts } from '../harness/starts.ts'
import { type Figure, ratioOf } from '../harness/statistics.ts'
import type { TargetId } from '../harness/targets.ts'
import type { WorkloadId } from '../harness/workloads.ts'

/** Everything that a run has found. */
export interface Results {
  machine: Machine
  plan: Plan
  tables: readonly Table[]
  starts: readonly Starts[]
  heaps: readonly HeapOfGrants[]
  /** Undefined if it was not asked for. */
  file: GrantsFile | undefined
  /** Servers that did not run at all, and why. */
  left: readonly string[]
}

export const cpuOf = ({ rounds }: Measured): number[] => rounds.map(({ cpu }) => cpu)

/** Operations a second, round by round. */
export const ratesOf = ({ rounds }: Measured): number[] => rounds.map(({ rate }) => rate)

/** What Postern did with a workload; undefined if it was not measured. */
export function postern({ tables }: Results, id: WorkloadId): Measured | undefined {
  const table = tables.find(({ workload }) => workload === id)
  return table?.measured.find(({ target }) => target === 'postern')
}

/** How much dearer `other` is than Postern (CPU an operation), round by round; undefined if one was not measured. */
export function timesDearer(results: Results, id: WorkloadId, other: TargetId): Figure | undefined {
  const table = results.tables.find(({ workload }) => workload === id)
  const find = (target: TargetId) => table?.measured.find((one) => one.target === target)
  const [ours, theirs] = [find('postern'), find(other)]
  return ours && theirs && ratioOf(cpuOf(theirs), cpuOf(ours))
}
