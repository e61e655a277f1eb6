/** What a command tells: tables and sentences for people, or one JSON document for machines. */
export interface Output {
  json: boolean
  /** A sentence, for people alone. */
  say(sentence: string): void
  /** Rows with these columns; for machines, all of each row. */
  rows<Row extends object>(
    rows: readonly Row[],
    columns: Readonly<Record<string, (row: Row) => unknown>>,
  ): void
  /** One thing: its fields line by line. */
  fields(one: object): void
  /** How far something long has come, on a terminal alone; the same line each time. */
  progress(sentence: string): void
}

interface Streams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean }
  stderr: NodeJS.WritableStream & { isTTY?: boolean }
}

/** Writes to these streams. */
export function outputTo({ stdout, stderr }: Streams, { json }: { json: boolean }): Output {
  const line = (text: string) => stdout.write(`${text}\n`)
  return {
    json,
    say: (sentence) => {
      if (!json) line(sentence)
    },
    rows(rows, columns) {
      if (json) return void line(JSON.stringify(rows, null, 2))
      const names = Object.keys(columns)
      const cells = rows.map((row) => names.map((name) => shown(columns[name]?.(row))))
      for (const text of tableOf([names.map((name) => name.toUpperCase()), ...cells])) line(text)
    },
    fields(one) {
      if (json) return void line(JSON.stringify(one, null, 2))
      const entries = Object.entries(one).filter(([, value]) => value !== undefined)
      for (const text of tableOf(entries.map(([name, value]) => [name, shown(value)]))) line(text)
    },
    progress(sentence) {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${sentence}`)
    },
  }
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, [...cell].length)
  return rows.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  )
}

// What somebody was named may not move the cursor of whoever lists the names.
function shown(value: unknown): string {
  if (value === undefined || value === null) return '–'
  const text = Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?') || '–'
}

/** A moment (seconds) for people and machines alike. */
export function moment(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
