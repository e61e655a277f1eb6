import type { Figure } from '../harness/statistics.ts'

/** `1.5 (1.2–1.8)`: median, least and greatest. */
export function spread({ median, min, max }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
}

/** A table of Markdown; all columns but the first are numbers. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join(
    '\n',
  )
}

/** `12,345` */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** Bytes as megabytes. */
export const megabytes = (bytes: number): string => whole(bytes / 2 ** 20)
