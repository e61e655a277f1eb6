import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Commits } from '../servers/commits.ts'
import { CORES, pinned } from './cores.ts'

const SCRIPT = fileURLToPath(new URL('../servers/commits.ts', import.meta.url))

let files = 0

/** Runs the bare loop of commits on a file in this folder, on the server's core. `batch`: operations of a commit. */
export function commitsOf(
  folder: string,
  { sync, batch, seconds }: { sync: 'full' | 'normal'; batch: number; seconds: number },
): Commits {
  const file = join(folder, `commits-${++files}.db`)
  const words = ['--disable-warning=ExperimentalWarning', SCRIPT, file, sync, String(batch), String(seconds)]
  const [program, parameters] = pinned(CORES.server, [process.execPath, ...words])
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the loop of commits ended: ${stderr}`)
  return JSON.parse(stdout)
}
