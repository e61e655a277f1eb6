import type { Machine } from '../harness/machine.ts'
import type { Measured, Table } from '../harness/measure.ts'
import { type Figure, figureOf } from '../harness/statistics.ts'
import { TARGETS, type TargetId, target } from '../harness/targets.ts'
import { workload } from '../harness/workloads.ts'
import { grid, megabytes, spread, whole } from './figures.ts'
import { goalsOf } from './goals.ts'
import { fileText } from './grants-file.ts'
import { cpuOf, type Results, ratesOf, timesDearer } from './results.ts'
import { besideText, goalsOfStores, storesText } from './stores.ts'

// Of a closed loop: below it the server waited for the generator, or other processes had its core.
const BUSY = 0.9
// Processes over the last minute, before the run began.
const QUIET = 0.7

/** The document of a run. `picture`: its path from there; without one it is about the stores alone. */
export function markdownOf(results: Results, picture?: string): string {
  return `${[
    picture === undefined ? '# Benchmarks: the stores' : '# Benchmarks',
    `Made by \`npm run bench${picture === undefined ? ' -- --stores' : ''}\` (${results.plan.rounds} rounds of ${results.plan.seconds} s); not edited by hand. Ratios say more than figures: measure your own machine.`,
    picture === undefined ? '' : `![Operations a second of one core](${picture})`,
    machineOf(results.machine),
    goalsText(results),
    storesText(results),
    ...results.tables.map((table) => tableOf(table, results)),
    startsText(results),
    marksText(results),
    refusedText(results),
    methodText(results),
  ]
    .filter(Boolean)
    .join('\n\n')}\n`
}

function machineOf(machine: Machine): string {
  const { processor, cores, memory, system, node, redis, postern, peers, pinned, files, load } = machine
  return [
    `- Machine: ${processor}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GB; ${system}. Load when the run began: ${load.toFixed(1)}.`,
    `- Node ${node}, Redis ${redis}. Postern ${postern}. SQLite's files are on ${files} (\`TMPDIR\`).`,
    `- Beside it: ${peers.join(', ')}.`,
    ...(load < QUIET ? [] : ['- **Not quiet**: other processes were running, so the figures are rough.']),
    ...(files === 'tmpfs'
      ? ['- **No disk**: a file in memory is confirmed at once, so full is as quick as normal.']
      : []),
    ...(pinned
      ? []
      : ['- **Not pinned**: this system cannot bind a process to a core, so the figures are rough.']),
  ].join('\n')
}

function goalsText(results: Results): string {
  const rows = goalsOf(results).map(({ what, goal, found, reached }) => [
    what,
    goal,
    found,
    reached ? 'yes' : '**no**',
  ])
  if (rows.length === 0) return ''
  const table = grid(['What', 'Goal', 'Found', 'Reached'], rows)
  return ['## Goals', table, goalsOfStores(results)].filter(Boolean).join('\n\n')
}

function tableOf(table: Table, results: Results): string {
  const rows = table.measured.map((measured) => [
    target(measured.target).name + marksOf(measured.target, table),
    spread(figureOf(cpuOf(measured)), 1),
    whole(figureOf(ratesOf(measured)).median) + idle(measured),
    measured.target === 'postern' ? '1' : times(timesDearer(results, table.workload, measured.target)),
    ...(['p50', 'p99', 'p999'] as const).map((part) =>
      figureOf(measured.open.map((latency) => latency[part])).median.toFixed(2),
    ),
    megabytes(measured.resident),
    number(measured.requests),
    number(measured.lines),
  ])
  const head = [
    'Server',
    'CPU µs',
    'A second',
    '× Postern',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'MB',
    'Requests',
    'Log lines',
  ]
  return [`## ${workload(table.workload).title}`, grid(head, rows), besideText(table), withoutIt(table)]
    .filter(Boolean)
    .join('\n\n')
}

// Who does not have what is measured; the limits are no servers.
function withoutIt({ workload: id }: Table): string {
  const without = (Object.keys(TARGETS) as TargetId[]).map(target).filter(({ dialect, same, program }) => {
    return !same && !program && workload(id).needs.some((need) => dialect.lacks.includes(need))
  })
  if (without.length === 0) return ''
  return `Not here, since they have none of it or were not set up for it: ${without.map(({ name }) => name).join(', ')}.`
}

const idle = ({ rounds }: Measured) =>
  figureOf(rounds.map(({ busy }) => busy)).median < BUSY ? ' (not full)' : ''

function startsText({ starts, heaps, file }: Results): string {
  const milliseconds = (values: readonly number[]) => spread(figureOf(values), 0)
  const rows = starts.map(({ target: id, cold, warm, resident }) => [
    target(id).name,
    milliseconds(cold),
    milliseconds(warm),
    megabytes(figureOf(resident).median),
  ])
  const memory = heaps.map(
    ({ grants, bytes }) =>
      `A living grant of Postern, of ${whole(grants)}: ${whole(bytes)} bytes of heap, its place in the index with it.`,
  )
  const table = rows.length > 0 && grid(['Server', 'Cold ms', 'Warm ms', 'MB at rest'], rows)
  const text = [
    table &&
      `${table}\n\nFrom the command to the first token. Warm: with the compile cache of the start before, which Postern and bare Fastify keep; cold: without one.`,
    ...memory,
    fileText(file),
  ].filter(Boolean)
  return text.length === 0 ? '' : `## Start and memory\n\n${text.join('\n\n')}`
}

function marksText({ tables }: Results): string {
  const seen = new Set(tables.flatMap(({ measured }) => measured.map(({ target: id }) => id)))
  const lines = (Object.keys(TARGETS) as TargetId[])
    .filter((id) => seen.has(id))
    .flatMap((id) =>
      target(id).marks.map(({ sign, sentence }) => `- ${sign} ${target(id).name}: ${sentence}`),
    )
  if (lines.length === 0) return ''
  return `## What they do otherwise\n\nA mark behind a name says that the server does less, or something else, for this request.\n\n${lines.join('\n')}`
}

function marksOf(id: TargetId, { workload: of }: Table): string {
  const marks = target(id).marks.filter(({ workloads }) => workloads === 'all' || workloads.includes(of))
  return marks.map(({ sign }) => ` ${sign}`).join('')
}

function refusedText({ tables, left }: Results): string {
  const lines = tables.flatMap(({ workload: id, refused }) =>
    refused.map(
      ({ target: one, why }) =>
        `- ${target(one).name}, ${workload(id).title}: ${why.replaceAll('\n', ' ').slice(0, 300)}`,
    ),
  )
  const all = [...lines, ...left.map((one) => `- ${one}`)]
  return all.length === 0 ? '' : `## Not measured\n\n${all.join('\n')}`
}

function methodText({ plan }: Results): string {
  return `## How it is measured

- **CPU µs**: of the server's process, an operation, median (least–greatest) of the rounds; all threads, the system's part too. **A second**: operations
  of a closed loop, 16 connections (64 beside Redis and SQLite, 4 with bcrypt 12); "(not full)" stands where the server did not work all
  the time: it waited for the generator, or other processes had its core.
- **× Postern**: CPU of the server divided by Postern's in the same round. Rounds are interleaved: A B C, A B C.
- **p50, p99, p99.9**: at half of the server's own peak, operations begun by the clock, waiting included (${plan.openRounds === 1 ? 'one round' : `median of ${plan.openRounds} rounds`}). **MB**: resident after the load.
- The server has one core, the generator another one and never sleeps. Raw keep-alive sockets on loopback. The same Node,
  \`--min-semi-space-size=16\`, \`NODE_ENV=production\`; the same log lines (counted beforehand) through pino to /dev/null.
- Each answer is checked. A server that accepts a wrong secret, password or code verifier is not measured.
- **Fastify with the proof work** parses the same form, finds the client, checks SHA-256 of its secret, makes and checks the MACs
  (and the signature of a JWT), looks the grant up and answers with the same headers, as many bytes and log lines. **Bare Fastify** has all that but the
  proof: its answer is fixed.
- A code flow is a browser's request, its redirect and the code's exchange, with PKCE; ${plan.people} people are logged in. With login and consent: the pages, the forms, bcrypt.`
}

const times = (ratio: Figure | undefined) => (ratio === undefined ? '' : spread(ratio, 2))
const number = (value: number) => String(Math.round(value * 10) / 10)
