import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { randomText } from '../secrets/random.ts'

// Milliseconds. The work takes some; who holds the lock for this long has died.
const STALE = 10_000
const TRY_EVERY = 20

/**
 * Does the work while no other process does any on this file: whoever makes `<path>.lock` first goes first. `stale`:
 * milliseconds after which a holder counts as dead.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, stale = STALE): Promise<T> {
  const lock = `${path}.lock`
  const mine = randomText(9)
  let seen: { holder: string | undefined; since: number } | undefined
  while (!taken(lock, mine)) {
    const holder = holderOf(lock)
    if (seen === undefined || seen.holder !== holder) seen = { holder, since: performance.now() }
    // By the own clock: the file's may be another machine's.
    else if (performance.now() - seen.since > stale) rmSync(lock, { force: true })
    await wait(TRY_EVERY)
  }
  try {
    return await work()
  } finally {
    // Only if it is still ours: another process may have taken it for abandoned.
    if (holderOf(lock) === mine) rmSync(lock, { force: true })
  }
}

function taken(lock: string, mine: string): boolean {
  try {
    writeFileSync(lock, mine, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

function holderOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return undefined
  }
}
