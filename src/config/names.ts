/** The known name that was probably meant, or undefined; `slips`: how many letters may be wrong at most. */
export function nearest(name: string, known: readonly string[], slips: number): string | undefined {
  const folded = fold(name)
  const near = known
    .filter((one) => Math.abs(fold(one).length - folded.length) <= slips)
    .map((one) => ({ one, wrong: distance(folded, fold(one)) }))
    .sort((a, b) => a.wrong - b.wrong)[0]
  return near !== undefined && near.wrong <= slips ? near.one : undefined
}

/** The names in one sentence: the first ten of them, and how many more there are. */
export function listed(names: readonly string[], separator = ', '): string {
  const more = names.length - 10
  const shown = names.slice(0, 10).join(separator)
  return more > 0 ? `${shown}${separator}and ${more.toLocaleString('en')} more` : shown
}

// redirectUris and REDIRECT-URIS are ways to write redirect_uris.
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, '')
}

/** How many letters must be changed, put in, left out, or swapped with the next to make one text of the other. */
function distance(one: string, other: string): number {
  // Rows of the usual table: the present one, and the two before it.
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row[j] = Math.min(
        (row[j - 1] as number) + 1,
        (last[j] as number) + 1,
        (last[j - 1] as number) + same,
        swapped ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[before, last] = [last, row]
  }
  return last[other.length] as number
}
