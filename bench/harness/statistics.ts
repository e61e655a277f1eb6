/** A figure over the rounds. */
export interface Figure {
  median: number
  min: number
  max: number
}

/** Median, least and greatest of at least one value. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** How many times `ours` goes into `theirs`, taken round by round: what disturbs a round disturbs both. */
export function ratioOf(theirs: readonly number[], ours: readonly number[]): Figure {
  return figureOf(theirs.map((value, round) => value / (ours[round] as number)))
}
