import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DiskRate, DiskSettings } from '../servers/disk.ts'
import { FLAGS } from './child.ts'
import { CORES, pinned } from './cores.ts'

/** What stands beside one round of refreshes on SQLite, on a file of the same folder. */
export interface Beside {
  /** Operations of the store in one commit of the round, on average. */
  batch: number
  /** A bare loop of commits of the very same sizes. */
  loop: DiskRate
  /** The store without a server around it, with as many callers. */
  store: DiskRate
}

const at = (script: string) => fileURLToPath(new URL(`../servers/${script}`, import.meta.url))

let files = 0

/** Runs the bare loop and the store alone, on the server's core. */
export function besideOf(folder: string, asked: Omit<DiskSettings, 'file'>): Beside {
  const { batches } = asked
  if (batches.length === 0) throw new Error('the server has committed nothing')
  const on = (script: string): DiskRate => run(at(script), { ...asked, file: newFile(folder) })
  const operations = batches.reduce((sum, one) => sum + one, 0)
  return { batch: operations / batches.length, loop: on('commits.ts'), store: on('callers.ts') }
}

const newFile = (folder: string) => join(folder, `beside-${++files}.db`)

function run(script: string, settings: DiskSettings): DiskRate {
  const command = [process.execPath, ...FLAGS, '--disable-warning=ExperimentalWarning', script]
  const [program, parameters] = pinned(CORES.server, command)
  const input = JSON.stringify(settings)
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8', input })
  if (status !== 0) throw new Error(`${script} ended: ${stderr}`)
  return JSON.parse(stdout)
}
