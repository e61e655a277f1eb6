import { spawnSync } from 'node:child_process'
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '../generator/job.ts'
import type { Filling } from '../servers/fill.ts'
import type { Bench, Running } from './bench.ts'
import { oneRound, type Round } from './measure.ts'
import { oneStart } from './starts.ts'
import { figureOf } from './statistics.ts'

/** How a server is on one file. */
export interface OnFile {
  /** Milliseconds from the command to the first token, one a round. */
  starts: number[]
  /** Introspections of tokens of many grants. */
  rounds: Round[]
  /** At half of its own peak. Milliseconds. */
  open: Outcome['latency'][]
  /** Bytes of memory: at rest after the start, after the introspections. */
  atRest: number
  resident: number
}

/** A file that holds many living grants, beside one that holds hardly any. */
export interface GrantsFile {
  grants: number
  /** Of the file, a grant, its place in the index with it. */
  bytes: number
  /** Grants that were asked for in the large one. */
  asked: number
  empty: OnFile
  full: OnFile
}

// Grants of one person, well below what a person may have.
const EACH = 500
// Whose logins and grants the "empty" file has.
const FEW = 64
// Grants that are asked for, all over the file.
const TOKENS = 20_000
const AT_REST = 1000
const FILL = fileURLToPath(new URL('../servers/fill.ts', import.meta.url))

/** Fills a file with copies of a grant that a login has made, and looks at Postern on it, and on the file of before. */
export async function grantsFileOf(bench: Bench, grants: number): Promise<GrantsFile> {
  const people = Math.max(FEW, Math.ceil(grants / EACH))
  const paths = { empty: join(bench.folder, 'few.db'), full: join(bench.folder, 'many.db') }
  await makeFew(bench, paths.empty, people)
  copyFileSync(paths.empty, paths.full)
  const filling = { secretKey: bench.secretKey, people, tokens: TOKENS }
  const tokens = {
    empty: fill({ ...filling, file: paths.empty, grants: 0 }),
    full: fill({ ...filling, file: paths.full, grants }),
  }
  const bytes = (statSync(paths.full).size - statSync(paths.empty).size) / grants
  const [empty, full] = [nothing(), nothing()]
  await startsOn(bench, [
    { file: paths.empty, on: empty },
    { file: paths.full, on: full },
  ])
  await readsOn(bench, people, [
    { file: paths.empty, tokens: tokens.empty, on: empty },
    { file: paths.full, tokens: tokens.full, on: full },
  ])
  return { grants, bytes, asked: tokens.full.length, empty, full }
}

const nothing = (): OnFile => ({ starts: [], rounds: [], open: [], atRest: 0, resident: 0 })

async function makeFew(bench: Bench, file: string, people: number): Promise<void> {
  const { child, job } = await bench.start('postern', 'sqlite_flow', { file, people })
  try {
    await bench.generator.prepare({ ...job, people: FEW })
  } finally {
    await child.stop()
  }
}

function fill(filling: Filling): string[] {
  const command = ['--disable-warning=ExperimentalWarning', FILL]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    input: JSON.stringify(filling),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`the file was not filled: ${stderr}`)
  return JSON.parse(stdout)
}

async function startsOn(bench: Bench, files: readonly { file: string; on: OnFile }[]): Promise<void> {
  const start = (file: string) =>
    oneStart(bench, 'postern', { workload: 'sqlite_introspect', cold: false, rest: AT_REST, file })
  // Fills the compile cache.
  for (const { file } of files) await start(file)
  const resident = new Map<OnFile, number[]>(files.map(({ on }) => [on, []]))
  for (let round = 0; round < bench.plan.rounds; round++) {
    for (const { file, on } of files) {
      const found = await start(file)
      on.starts.push(found.milliseconds)
      resident.get(on)?.push(found.resident)
    }
  }
  for (const [on, values] of resident) on.atRest = figureOf(values).median
}

async function readsOn(
  bench: Bench,
  people: number,
  files: readonly { file: string; tokens: readonly string[]; on: OnFile }[],
): Promise<void> {
  const { generator, plan } = bench
  const servers: { server: Running; on: OnFile }[] = []
  try {
    for (const { file, tokens, on } of files) {
      const server = await bench.start('postern', 'sqlite_introspect', { file, people })
      server.job.tokens = tokens
      servers.push({ server, on })
      await generator.prepare(server.job)
      await generator.run({ ...server.job, seconds: plan.warmUp })
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const { server, on } of servers) on.rounds.push(await oneRound(bench, server))
    }
    for (let round = 0; round < plan.openRounds; round++) {
      for (const { server, on } of servers) {
        const rate = Math.max(1, figureOf(on.rounds.map((one) => one.rate)).median / 2)
        on.open.push((await generator.run({ ...server.job, rate })).latency)
      }
    }
    for (const { server, on } of servers) on.resident = (await server.child.usage()).resident
  } finally {
    for (const { server } of servers) await server.child.stop()
  }
}
