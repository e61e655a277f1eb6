import type { GrantsFile, OnFile } from '../harness/grants-file.ts'
import { figureOf, ratioOf } from '../harness/statistics.ts'
import { grid, megabytes, spread, whole } from './figures.ts'
import type { Reached } from './goals.ts'

// In what the server needs on the file of before: its start, its memory, the CPU of a read.
const START = 1.5
const MEMORY = 1.25

/** What a large file should not change. */
export function goalsOfFile(file: GrantsFile | undefined): Reached[] {
  if (file === undefined) return []
  const { grants, empty, full } = file
  const start = ratioOf(full.starts, empty.starts)
  const memory = full.resident / empty.resident
  const on = `on a file of ${whole(grants)} grants, in that on one of a few`
  return [
    { what: `start ${on}`, goal: `≤ ${START}`, found: spread(start, 2), reached: start.median <= START },
    {
      what: `memory after reads ${on}`,
      goal: `≤ ${MEMORY}`,
      found: memory.toFixed(2),
      reached: memory <= MEMORY,
    },
  ]
}

/** The file of many grants; '' without one. */
export function fileText(file: GrantsFile | undefined): string {
  if (file === undefined) return ''
  const { grants, bytes, asked, empty, full } = file
  const head = ['Postern on SQLite', 'Start ms', 'MB at rest', 'CPU µs', 'A second', 'p50 ms', 'p99 ms', 'MB']
  const table = grid(head, [rowOf('on a file of a few grants', empty), rowOf(`of ${whole(grants)}`, full)])
  return `A living grant takes ${whole(bytes)} bytes of the file of the SQLite store, of ${whole(grants)}, its place in the index with it. Introspections of refresh tokens, ${whole(asked)} of them all over the large file, 64 callers; what memory holds of the file is bounded (16 MB each for reading and writing). The machine had read the file before.\n\n${table}`
}

function rowOf(name: string, { starts, atRest, rounds, open, resident }: OnFile): string[] {
  const latency = (part: 'p50' | 'p99') => figureOf(open.map((one) => one[part])).median.toFixed(2)
  return [
    name,
    spread(figureOf(starts), 0),
    megabytes(atRest),
    spread(figureOf(rounds.map(({ cpu }) => cpu)), 1),
    whole(figureOf(rounds.map(({ rate }) => rate)).median),
    latency('p50'),
    latency('p99'),
    megabytes(resident),
  ]
}
