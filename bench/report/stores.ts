import type { Beside } from '../harness/commits.ts'
import type { Measured, Table } from '../harness/measure.ts'
import { type Figure, figureOf, ratioOf } from '../harness/statistics.ts'
import type { WorkloadId } from '../harness/workloads.ts'
import { grid, spread, whole } from './figures.ts'
import { cpuOf, postern, type Results, ratesOf } from './results.ts'

// What is compared, on which stores: full or normal is nothing to a read.
const COMPARED: readonly { what: string; on: Readonly<Record<string, WorkloadId>> }[] = [
  {
    what: 'refresh',
    on: {
      memory: 'refresh',
      Redis: 'redis_refresh',
      'SQLite, full': 'sqlite_refresh',
      'SQLite, normal': 'sqlite_refresh_normal',
    },
  },
  {
    what: 'introspection',
    on: { memory: 'introspect', Redis: 'redis_introspect', SQLite: 'sqlite_introspect' },
  },
  {
    what: 'code flow, logged in',
    on: {
      memory: 'flow',
      Redis: 'redis_flow',
      'SQLite, full': 'sqlite_flow',
      'SQLite, normal': 'sqlite_flow_normal',
    },
  },
]

/** Every workload that compares them. */
export const STORE_WORKLOADS: readonly WorkloadId[] = COMPARED.flatMap(({ on }) => Object.values(on))

const besides = ({ rounds }: Measured): Beside[] => rounds.flatMap(({ beside }) => beside ?? [])
const median = (values: readonly number[]): number => figureOf(values).median

/** Refreshes a second in operations of the bare loop of commits, round by round. */
export function ofLoop(measured: Measured, loops: Measured = measured): Figure {
  return ratioOf(
    ratesOf(measured),
    besides(loops).map(({ loop }) => loop.rate),
  )
}

/** The p99 at half load, in commits (median) of the bare loop. */
export function commitsOfTail({ open }: Measured, loops: Measured): number {
  const commit = median(besides(loops).map(({ loop }) => loop.p50))
  return (median(open.map(({ p99 }) => p99)) * 1000) / commit
}

/** The stores side by side; '' if only one was measured. */
export function storesText(results: Results): string {
  const rows = COMPARED.flatMap(({ what, on }) =>
    Object.entries(on).flatMap(([store, id]) => {
      const measured = postern(results, id)
      return measured === undefined ? [] : [rowOf(`${what}: ${store}`, measured)]
    }),
  )
  if (rows.length < 2) return ''
  const table = grid(['Postern', 'A second', 'CPU µs', 'p50 ms', 'p99 ms'], rows)
  const note =
    'Of one core: the server with its threads has it alone, so what SQLite does is in its CPU, and what Redis does is not. 16 callers in memory, 64 beside the others. A code flow is two requests.'
  return `## The stores\n\n${table}\n\n${note}`
}

function rowOf(what: string, measured: Measured): string[] {
  const latency = (part: 'p50' | 'p99') => median(measured.open.map((one) => one[part])).toFixed(2)
  return [
    what,
    whole(median(ratesOf(measured))),
    spread(figureOf(cpuOf(measured)), 1),
    latency('p50'),
    latency('p99'),
  ]
}

/** What the disk and the store alone do beside the refreshes of a table. */
export function besideText({ measured }: Table): string {
  const all = measured.flatMap(besides)
  if (all.length === 0) return ''
  const rows = (['loop', 'store'] as const).map((part) => {
    const of = (figure: 'rate' | 'p50' | 'p99') => whole(median(all.map((one) => one[part][figure])))
    const what = part === 'loop' ? 'bare loop of commits' : 'the store alone, 64 callers'
    return [what, of('rate'), of('p50'), of('p99')]
  })
  const batch = spread(figureOf(all.map((one) => one.batch)), 1)
  return `Operations of the store in one commit: ${batch}. After each round, on the same disk and core, a bare loop of commits of the very same sizes (µs: of one commit), and the store without HTTP and tokens (µs: of one read and replacement, waiting included):\n\n${grid(['Beside it', 'Operations a second', 'p50 µs', 'p99 µs'], rows)}`
}

/** How far the goals of SQLite can be reached on this machine; '' if they were not measured. */
export function goalsOfStores(results: Results): string {
  const full = postern(results, 'sqlite_refresh')
  if (full === undefined || full.rounds.length === 0) return ''
  const alone = ratioOf(
    besides(full).map(({ store }) => store.rate),
    besides(full).map(({ loop }) => loop.rate),
  )
  const commit = median(besides(full).map(({ loop }) => loop.p50))
  const memory = postern(results, 'refresh')
  const inMemory =
    memory &&
    ` In memory, where nothing is written, refreshes reach ${spread(ofLoop(memory, full), 2)} of that loop, and their p99 takes ${commitsOfTail(memory, full).toFixed(1)} of its commits.`
  return `The bare loop does nothing but commit what the store commits; its goals are those of a disk that takes longer than a request. Here one commit takes ${whole(commit)} µs.${inMemory ?? ''} The store alone, without HTTP and tokens, reaches ${spread(alone, 2)} of it.`
}
