import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Bench, type Plan } from './harness/bench.ts'
import { type GrantsFile, grantsFileOf } from './harness/grants-file.ts'
import { type HeapOfGrants, heapOfGrants } from './harness/heap.ts'
import { describeMachine } from './harness/machine.ts'
import { measure, type Table } from './harness/measure.ts'
import { type Starts, startsOf } from './harness/starts.ts'
import { figureOf } from './harness/statistics.ts'
import { TARGETS, type TargetId, target } from './harness/targets.ts'
import { WORKLOADS, type WorkloadId, workload } from './harness/workloads.ts'
import { installPeers } from './install.ts'
import { markdownOf } from './report/markdown.ts'
import { pictureOf } from './report/picture.ts'
import { cpuOf, type Results } from './report/results.ts'
import { STORE_WORKLOADS } from './report/stores.ts'

// Bytes.
const ROOM_FOR_A_MILLION = 6 * 2 ** 30
const DISK_FOR_A_MILLION = 4 * 2 ** 30

// Warm-up: from its start on, a server takes three seconds of full load until V8 has compiled what it will.
const FULL: Plan = {
  rounds: 5,
  seconds: 1.5,
  warmUp: 3,
  openRounds: 2,
  people: 1000,
  grants: freemem() > ROOM_FOR_A_MILLION ? [100_000, 1_000_000] : [100_000],
  inFile: freeDisk() > DISK_FOR_A_MILLION ? 1_000_000 : 100_000,
}
const QUICK: Plan = {
  rounds: 3,
  seconds: 0.5,
  warmUp: 2.5,
  openRounds: 1,
  people: 96,
  grants: [],
  inFile: 20_000,
}

// What is no workload has a name too.
const FURTHER = ['starts', 'heap', 'file'] as const
const NAMES: readonly string[] = [...Object.keys(WORKLOADS), ...FURTHER]

const USAGE = `npm run bench -- [--quick] [--all] [--stores] [--only <workload>]… [--out <folder>] [--profile <folder>]

  --quick    two minutes: the main workloads, three short rounds
  --all      servers of other languages too, if their toolchains are there
  --stores   Postern alone, on each of its stores: benchmarks-stores.md, in some minutes
  --only     these alone: ${NAMES.join(', ')}
  --profile  a folder for CPU profiles of Postern; no document then
  --out      where benchmarks.md goes; docs without it, bench/results with --only`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    stores: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || values.only.some((id) => !NAMES.includes(id))) {
  console.error(USAGE)
  process.exit(values.help ? 0 : 2)
}

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))
// A part of the table must not take the place of the whole.
const out = values.out ?? folder(values.only.length > 0 ? 'results' : '../docs')

installPeers()
const others = installOthers()
const results = await run({ ...(values.quick ? QUICK : FULL), profiles: values.profile }, chosen())
// A server that is profiled is slower, and only ours is.
if (values.profile === undefined) write(results)

function chosen(): WorkloadId[] {
  const every = Object.keys(WORKLOADS) as WorkloadId[]
  if (values.stores) return every.filter((id) => STORE_WORKLOADS.includes(id))
  if (values.only.length > 0) return every.filter((id) => values.only.includes(id))
  return every.filter((id) => !values.quick || workload(id).quick)
}

async function run(plan: Plan, ids: readonly WorkloadId[]): Promise<Results> {
  const machine = describeMachine(others.versions)
  const bench = await Bench.open(plan)
  const tables: Table[] = []
  const heaps: HeapOfGrants[] = []
  let starts: readonly Starts[] = []
  let file: GrantsFile | undefined
  try {
    for (const id of ids) {
      const table = await measure(bench, id, takingPart(id))
      tables.push(table)
      tell(table)
    }
    if (asks('starts')) starts = await startsOf(bench, starting(), plan.rounds)
    if (asks('heap')) for (const grants of plan.grants) heaps.push(await heapOfGrants(bench, grants))
    if (asks('file')) file = await grantsFileOf(bench, plan.inFile)
  } finally {
    await bench.close()
  }
  return { machine, plan, tables, starts, heaps, file, left: others.left }
}

function asks(further: (typeof FURTHER)[number]): boolean {
  if (values.stores) return further === 'file'
  if (values.only.length > 0) return values.only.includes(further)
  return further !== 'file' || !values.quick
}

function freeDisk(): number {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize
}

/** Builds the servers of other languages; what cannot be had is left out, and why is said. */
function installOthers(): { there: Set<TargetId>; versions: string[]; left: string[] } {
  const there = new Set<TargetId>()
  const versions: string[] = []
  const left: string[] = []
  for (const id of Object.keys(TARGETS) as TargetId[]) {
    const { program, name, slow } = target(id)
    if (slow && values.quick) left.push(`${name}: not in a quick run`)
    if (program === undefined) continue
    if (!values.all) {
      left.push(`${name}: only with --all`)
      continue
    }
    try {
      program.install()
      versions.push(program.version())
      there.add(id)
    } catch (error) {
      left.push(`${name}: ${(error as Error).message}`)
    }
  }
  return { there, versions, left }
}

function starting(): TargetId[] {
  if (values.quick) return ['postern', 'bare']
  return takingPart('client_credentials').filter((id) => id !== 'proof')
}

function takingPart(id: WorkloadId): TargetId[] {
  if (values.stores) return ['postern']
  const there = (one: TargetId) => {
    const { program, slow } = target(one)
    return (program === undefined || others.there.has(one)) && !(slow && values.quick)
  }
  const all = (Object.keys(TARGETS) as TargetId[]).filter(there)
  return all.filter((one) => workload(id).needs.every((need) => !target(one).dialect.lacks.includes(need)))
}

function tell({ workload: id, measured, refused }: Table): void {
  console.error(workload(id).title)
  for (const one of measured) {
    const { median, min, max } = figureOf(cpuOf(one))
    console.error(
      `  ${target(one.target).name}: ${median.toFixed(1)} µs (${min.toFixed(1)}–${max.toFixed(1)})`,
    )
  }
  for (const { target: one, why } of refused) console.error(`  ${target(one).name}: ${why}`)
}

function write(results: Results): void {
  if (values.stores) {
    mkdirSync(out, { recursive: true })
    writeFileSync(`${out}/benchmarks-stores.md`, markdownOf(results))
    console.error(`written: ${out}/benchmarks-stores.md`)
    return
  }
  mkdirSync(`${out}/images`, { recursive: true })
  writeFileSync(`${out}/images/benchmarks.svg`, pictureOf(results))
  writeFileSync(`${out}/benchmarks.md`, markdownOf(results, 'images/benchmarks.svg'))
  console.error(`written: ${out}/benchmarks.md`)
}
