// What a page costs, beside the same page of an earlier commit: node bench/pages.ts <commit>, in some minutes. Writes docs/benchmarks-pages.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Found, type Place, REQUESTS, Site, WALK } from './harness/site.ts'
import { type Figure, figureOf, ratioOf } from './harness/statistics.ts'

const ROUNDS = 15
const PLACES: readonly Place[] = [
  { title: 'Front page', isKnown: false, url: '/' },
  { title: 'Login', isKnown: false, url: WALK },
  { title: 'Consent', isKnown: true, url: `${WALK}&prompt=consent` },
  { title: 'Account chooser', isKnown: true, url: `${WALK}&prompt=select_account` },
  { title: 'Logged in, at home', isKnown: true, url: '/' },
  { title: 'Error', isKnown: false, url: '/oauth/authorize?client_id=nobody' },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const [, , earlier = ''] = process.argv
if (!/^[0-9a-f]{7,40}$/.test(earlier)) throw new Error('which commit? node bench/pages.ts <commit>')
const [load = 0] = loadavg()
const folder = mkdtempSync(join(tmpdir(), 'postern-pages-'))
const before = join(folder, 'before')
const git = (...parameters: string[]) => {
  const { status, stdout, stderr } = spawnSync('git', parameters, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}
git('worktree', 'add', '--detach', before, earlier)
try {
  symlinkSync(join(root, 'node_modules'), join(before, 'node_modules'))
  const sites = [await Site.open(before), await Site.open(root)] as const
  for (let round = -1; round < ROUNDS; round++)
    for (const place of PLACES) for (const site of sites) await site.measure(place, round)
  for (const site of sites) await site.close()
  const out = join(root, 'docs/benchmarks-pages.md')
  writeFileSync(out, documentOf(...sites))
  console.error(`written: ${out}`)
} finally {
  git('worktree', 'remove', '--force', before)
  rmSync(folder, { recursive: true })
}

function documentOf(then: Site, now: Site): string {
  const shown = ({ median, min, max }: Figure, digits: number) =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
  const lines = PLACES.map((place) => {
    const [old, own] = [then.found.get(place) as Found, now.found.get(place) as Found]
    const costs = [old, own].map(({ costs }) => shown(figureOf(costs), 0))
    return `| ${place.title} | ${[...costs, shown(ratioOf(own.costs, old.costs), 2), old.bytes, own.bytes].join(' | ')} |`
  })
  const assets = join(root, 'views/assets')
  const sizes = readdirSync(assets).map((name) => {
    const body = readFileSync(join(assets, name))
    return { line: `| \`${name}\` | ${body.length} | ${gzipSync(body).length} |`, bytes: body.length }
  })
  return `# Benchmarks: pages

Made by \`node bench/pages.ts ${earlier}\`; not edited by hand. Requests go over loopback to a server of each checkout, in turns, ${ROUNDS} rounds of ${REQUESTS}.

- Machine: ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores; ${type()} ${release()}. Load when the run began: ${load.toFixed(1)}.
- Node ${process.versions.node}. Now: ${git('rev-parse', '--short', 'HEAD')}; before: ${earlier}, when the pages had neither an organisation nor an account nor languages.

## What a page costs

Microseconds of CPU of a request, its log lines included; how many times the cost of before goes into that of now, round by round; bytes of HTML.
Who is logged in and goes to the front page is sent to the account page now: both requests count.

| Page | Before | Now | Now ÷ before | HTML before | HTML now |
| --- | --: | --: | --: | --: | --: |
${lines.join('\n')}

## What a page loads

| File | Bytes | Compressed |
| --- | --: | --: |
${sizes.map(({ line }) => line).join('\n')}

Together ${sizes.reduce((sum, { bytes }) => sum + bytes, 0)} bytes, once: they are cached for good. The goal is less than 25 KB.
`
}
