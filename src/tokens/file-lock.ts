import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { randomText } from '../secrets/random.ts'

// Milliseconds. The work takes some; a lock this old, or as far ahead, was left by a process that died.
const STALE = 10_000
const TRY_EVERY = 20

/** Does the work while no other process does any on this file: whoever makes `<path>.lock` first goes first. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  const mine = randomText(9)
  while (!taken(lock, mine)) await wait(TRY_EVERY)
  try {
    return await work()
  } finally {
    // Not where it was taken for left behind, and is another's by now.
    if (holder(lock) === mine) rmSync(lock, { force: true })
  }
}

function taken(lock: string, mine: string): boolean {
  try {
    writeFileSync(lock, mine, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const before = holder(lock)
  const found = statSync(lock, { throwIfNoEntry: false })
  const stale = found !== undefined && Math.abs(Date.now() - found.mtimeMs) > STALE
  // Of two that see it left behind, the later one may look at the earlier one's new lock.
  if (stale && holder(lock) === before) rmSync(lock, { force: true })
  return false
}

function holder(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return undefined
  }
}
