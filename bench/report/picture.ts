import type { Measured, Table } from '../harness/measure.ts'
import { figureOf } from '../harness/statistics.ts'
import { type TargetId, target } from '../harness/targets.ts'
import { type WorkloadId, workload } from '../harness/workloads.ts'
import { cpuOf, type Results } from './results.ts'

const SHOWN: readonly WorkloadId[] = [
  'client_credentials',
  'jwt',
  'refresh',
  'introspect',
  'flow',
  'redis_refresh',
]
const WIDTH = 760
const LABEL = 210
const BAR = 16
const STEP = BAR + 4
const TITLE = 34
const NUMBER = 80

/** Operations a second of one core, as bars: an SVG that reads on light and dark pages. */
export function pictureOf({ tables }: Results): string {
  const shown = tables.filter((table) => SHOWN.includes(table.workload) && table.measured.length > 0)
  let y = 10
  const groups = shown.map((table) => {
    const group = groupOf(table, y)
    y += TITLE + table.measured.length * STEP + 8
    return group
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Operations a second of one core">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .other { fill: #9aa4b2 } .limit { fill: #d0d7de } .postern { fill: #2563eb }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .other { fill: #6e7681 } .limit { fill: #373e47 } .postern { fill: #4c8dff } }
</style>
${groups.join('\n')}
</svg>
`
}

function groupOf({ workload: id, measured }: Table, top: number): string {
  const most = Math.max(...measured.map(perSecond))
  const bars = measured.map((one, index) => barOf(one, { y: top + TITLE + index * STEP, most }))
  return `<text class="title" x="0" y="${top + 20}">${escaped(workload(id).title)}, a second on one core</text>\n${bars.join('\n')}`
}

function barOf(measured: Measured, { y, most }: { y: number; most: number }): string {
  const value = perSecond(measured)
  const width = Math.max(1, Math.round((value / most) * (WIDTH - LABEL - NUMBER)))
  const text = y + BAR - 3
  return [
    `<text x="${LABEL - 8}" y="${text}" text-anchor="end">${escaped(target(measured.target).name)}</text>`,
    `<rect class="${classOf(measured.target)}" x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
    `<text x="${LABEL + width + 6}" y="${text}">${rounded(value).toLocaleString('en')}</text>`,
  ].join('')
}

const perSecond = (measured: Measured) => 1e6 / figureOf(cpuOf(measured)).median

// Two digits: more would be noise.
function rounded(value: number): number {
  return Number(value.toPrecision(2))
}

function classOf(id: TargetId): string {
  if (id === 'postern') return 'postern'
  return target(id).same ? 'limit' : 'other'
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
