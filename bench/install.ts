import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
// What is installed, by a digest of the lockfile.
const STAMP = join(HERE, 'node_modules/.installed')

/** Installs the other servers, exactly as the lockfile has them, unless they are there. Throws if that fails. */
export function installPeers(): void {
  const wanted = hash('sha256', readFileSync(join(HERE, 'package-lock.json')))
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  const parameters = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', parameters, { cwd: HERE, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error('npm ci failed in bench/')
  writeFileSync(STAMP, wanted)
}
