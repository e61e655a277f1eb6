import type { Counter } from './store.ts'

/** How many increments end in which second, the earliest first. */
export type Tally = readonly (readonly [ends: number, count: number])[]

/** Seconds that a tally tells apart. What ended before them is counted as if it ended with the earliest of them. */
export const TALLIED = 60

/** The tally with an increment that ends then. */
export function added(tally: Tally, ends: number): Tally {
  const at = tally.findLastIndex(([end]) => end <= ends)
  const found = tally[at]
  if (found?.[0] === ends) return tally.with(at, [ends, found[1] + 1])
  const more: Tally = tally.toSpliced(at + 1, 0, [ends, 1])
  const [first, second, ...others] = more
  if (more.length <= TALLIED || first === undefined || second === undefined) return more
  return [[second[0], first[1] + second[1]], ...others]
}

/** The tally without one increment that ends then; as it is if there is none. */
export function takenBack(tally: Tally, ends: number): Tally {
  const at = tally.findIndex(([end]) => end >= ends)
  const found = tally[at]
  const merged = at === 0 && tally.length === TALLIED
  if (found === undefined || (found[0] !== ends && !merged)) return tally
  return found[1] === 1 ? tally.toSpliced(at, 1) : tally.with(at, [found[0], found[1] - 1])
}

/** What a tally comes to; undefined if all of it has ended. */
export function counterOf(tally: Tally, now: number): Counter | undefined {
  const expires_at = tally.at(-1)?.[0] ?? 0
  if (expires_at <= now) return undefined
  return { count: tally.reduce((sum, [, count]) => sum + count, 0), expires_at }
}
