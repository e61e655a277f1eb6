import { readFileSync } from 'node:fs'

/** What a loop on the disk is told, as JSON by its standard input. */
export interface DiskSettings {
  file: string
  sync: 'full' | 'normal'
  /** How many records are changed, in turn or at once. */
  callers: number
  /** Operations of each commit, one after the other, again from the beginning. */
  batches: readonly number[]
  /** How long it runs. */
  seconds: number
}

/** What it has found: operations a second; microseconds of one commit, or of one operation. */
export interface DiskRate {
  rate: number
  p50: number
  p99: number
}

/** Characters of a grant that is refreshed again and again. */
export const VALUE = 'x'.repeat(545)
/** Characters of a grant's key. */
export const ID = 22

export const settings = (): DiskSettings => JSON.parse(readFileSync(0, 'utf8'))

/** Seconds, an hour from now: when a record that is written now ends. */
export const ending = (): number => Math.floor(Date.now() / 1000) + 3600

/** Prints the result. `took`: milliseconds of each; `done`: operations. */
export function tell({ took, done, seconds }: { took: number[]; done: number; seconds: number }): void {
  const sorted = Float64Array.from(took).sort()
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN) * 1000
  console.log(JSON.stringify({ rate: done / seconds, p50: at(0.5), p99: at(0.99) } satisfies DiskRate))
}
