import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

// Milliseconds. The work takes some; a lock this old was left by a process that died.
const STALE = 10_000
const TRY_EVERY = 20

/** Does the work while no other process does any on this file: whoever makes `<path>.lock` first goes first. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  while (!taken(lock)) await wait(TRY_EVERY)
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function taken(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const found = statSync(lock, { throwIfNoEntry: false })
  // By the file system's clock on both sides: no record's time.
  if (found !== undefined && Date.now() - found.mtimeMs > STALE) rmSync(lock, { force: true })
  return false
}
