import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'

const start = join(import.meta.dirname, '../src/start.js')
const NEEDED = 26

/** A Node of this machine that is too old, with its version. */
function olderNode(): { path: string; version: string } | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node')
    if (!existsSync(path)) continue
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1)
    if (version && Number.parseInt(version, 10) < NEEDED) return { path, version }
  }
  return undefined
}

const said = (version: string) =>
  `Postern needs Node ${NEEDED}, found ${version}. Run it by npm start after npm ci, which brings its own.\n`

test('a Node that is too old says so in one line', () => {
  // As if this one were older: the check is the first thing that runs.
  const older = 'Object.defineProperty(process.versions, "node", { value: "18.19.0" })'
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(older)}`, start, 'version'],
    { encoding: 'utf8' },
  )
  assert.deepEqual({ status, stderr, stdout }, { status: 1, stderr: said('18.19.0'), stdout: '' })
})

const node = olderNode()
test('also a real one, which must be able to read the file', { skip: !node && 'there is none' }, () => {
  const { path, version } = node as { path: string; version: string }
  const { status, stderr } = spawnSync(path, [start, 'version'], { encoding: 'utf8' })
  assert.deepEqual({ status, stderr }, { status: 1, stderr: said(version) })
})

test('the first file imports nothing that an older Node lacks', () => {
  const text = readFileSync(start, 'utf8')
  for (const [, what, from] of text.matchAll(/^import (.+) from '(.+)'$/gm)) {
    // A named import of what is not there is a SyntaxError, before a line of the file has run.
    assert.ok(what?.startsWith('* as ') || from === 'node:url', `${what} from ${from}`)
    assert.match(from ?? '', /^node:/)
  }
  // The rest of the program is read after the check only.
  assert.match(text, /process\.exit\(1\)[\s\S]*await import\('\.\/main\.ts'\)/)
})
