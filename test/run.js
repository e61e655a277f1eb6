// Runs the tests: node test/run.js [quick|all] [paths]. Plain JavaScript: it starts before anything is checked.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

process.chdir(join(import.meta.dirname, '..'))
const [first = '', ...others] = process.argv.slice(2)
const mode = ['quick', 'all'].includes(first) ? first : 'usual'
const paths = mode === 'usual' && first !== '' ? [first, ...others] : others

// Folders whose tests are about more than one process, many servers, or work that takes its time.
const SLOW =
  /^test\/(adding|applications|browser|concurrency|costs|docker|docs|interop|oidc|outbound|process|redis)\//
// Of the flows, those of the protocol's first two documents.
const FLOW = /^test\/flows\/(?!rfc)/
// What fetches whole applications and their toolchains: with `all`, or by name.
const LONG = /^test\/applications\/all\//
// What a test imports, itself or by what it imports: another program, or a connection of its own.
const NEEDS = /support\/(redis|chromium|processes|project-copy)|node:(child_process|net)/

const needs = (file, seen = new Set()) => {
  if (seen.has(file)) return false
  seen.add(file)
  const imported = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
    ([, name]) => name,
  )
  return imported.some((name) => {
    const path = name.startsWith('.') ? normalize(join(dirname(file), name)).replaceAll('\\', '/') : name
    return NEEDS.test(path) || (path.startsWith('test/') && existsSync(path) && needs(path, seen))
  })
}
const isQuick = (file) => !SLOW.test(file) && !FLOW.test(file) && !needs(file)

const found = (path) => (statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`) : [path])
const missing = paths.find((path) => !existsSync(path))
if (missing) {
  console.error(
    `there is no ${missing}; name files or folders, such as test/flows/scope.test.ts or test/grants`,
  )
  process.exit(1)
}
const files = (paths.length > 0 ? paths.flatMap(found) : globSync('test/**/*.test.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => mode !== 'quick' || isQuick(file))
  .filter((file) => mode === 'all' || paths.length > 0 || !LONG.test(file))
  .sort()
if (files.length === 0) {
  console.error('no test is there')
  process.exit(1)
}

const run = (command, arguments_, env = {}) => {
  const { status } = spawnSync(command, arguments_, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (status !== 0) process.exit(status ?? 1)
}
const node = process.execPath
if (files.some((file) => needs(file))) run(node, ['test/prepare.js'])
// Named files are somebody's loop: types and style wait for the whole run.
if (paths.length === 0 && mode !== 'quick') {
  run(node, ['node_modules/typescript/bin/tsc'])
  run(node, ['node_modules/typescript/bin/tsc', '-p', 'bench'])
  run(node, ['node_modules/@biomejs/biome/bin/biome', 'check'])
}
// How many times as many samples and schedules the property tests try as each of them says.
const runs = process.env.RUNS ?? (mode === 'all' ? '20' : '1')
// In one process a file costs no start of its own.
const how = mode === 'quick' ? ['--test-isolation=none'] : ['--test-concurrency=2']
const limit = mode === 'all' ? 3_600_000 : 600_000
run(node, ['--test', ...how, `--test-timeout=${limit}`, ...files], { RUNS: runs })
