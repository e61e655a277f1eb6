import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/** The rooms from left to right: a room imports only rooms of columns before its own, and itself. */
const COLUMNS = [
  ['protocol', 'texts'],
  ['secrets', 'events'],
  ['store', 'outbound'],
  // Right of the stores: what STORE may be, and what follows from it, is said by the table of the stores.
  ['config'],
  ['passwords', 'throttle', 'signing', 'journal', 'registry', 'resources'],
  ['clients', 'users', 'sessions', 'consents'],
  ['grants'],
  ['tokens', 'logout'],
  ['logins'],
  ['grant-types', 'authorization', 'http'],
  ['steps'],
  ['endpoints'],
  ['composition'],
  ['server'],
  ['process'],
  ['commands'],
  ['main'],
  ['start'],
]
// Plumbing, however late in the row: it knows no client, user, session, grant or token.
const HTTP_MAY_IMPORT = ['protocol', 'config', 'secrets', 'events', 'journal', 'texts']
// A step sees no reply, cookie, token or log: of the plumbing it knows what a page shows, and nothing else.
const STEPS_MAY_IMPORT = ['http/views/index.ts', 'http/views/view.ts']
const FASTIFY_ROOMS = ['http', 'endpoints', 'composition', 'server']
const PROCESS_ROOMS = ['process', 'commands', 'main', 'start']

const src = join(import.meta.dirname, '../src')
// A file beside the rooms stands for itself.
const room = (path: string) => path.replace(/(\/.*|\.\w+)$/, '')
const column = (name: string) => COLUMNS.findIndex((rooms) => rooms.includes(name))

const imports = globSync('**/*.{ts,js}', { cwd: src }).flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  const found = text.matchAll(/(?:from|import|import\(|require\()\s*['"]([^'"]+)['"]/g)
  return [...found].map(([, target]) => ({ file, target: target as string }))
})

test('every import of a room leads to a room on its left, and never to a neighbour in its column', () => {
  assert.ok(imports.length > 100, 'the imports were found')
  for (const { file, target } of imports) {
    if (!target.startsWith('.')) continue
    const path = normalize(join(dirname(file), target))
    const from = room(file)
    const to = room(path)
    assert.notEqual(column(from), -1, `${file}: the room ${from} is not in the table`)
    if (from === to) continue
    assert.ok(column(to) < column(from), `${file} imports ${target}: ${to} is not to the left of ${from}`)
    if (from !== 'http') continue
    assert.ok(
      HTTP_MAY_IMPORT.some((allowed) => path.startsWith(allowed)),
      `${file} imports ${target}`,
    )
  }
})

test('only http, endpoints, composition and server know Fastify; only what runs it knows the process', () => {
  for (const { file, target } of imports) {
    if (/fastify/.test(target)) assert.ok(FASTIFY_ROOMS.includes(room(file)), `${file} imports ${target}`)
  }
  for (const file of globSync('**/*.{ts,js}', { cwd: src })) {
    if (PROCESS_ROOMS.includes(room(file))) continue
    const code = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    assert.doesNotMatch(code, /\bprocess\.(env|exit|std|argv|on)\b/, file)
  }
})

test('nobody but the composition knows all rooms: an endpoint names the few parts that it needs', () => {
  for (const file of globSync('**/*.ts', { cwd: src })) {
    if (room(file) === 'composition') continue
    assert.doesNotMatch(readFileSync(join(src, file), 'utf8'), /\bRooms\b/, file)
  }
})

test('no step knows Fastify, or anything of http but what its page shows', () => {
  for (const { file, target } of imports) {
    if (room(file) !== 'steps') continue
    assert.doesNotMatch(target, /fastify/, file)
    const path = normalize(join(dirname(file), target))
    if (room(path) === 'http') assert.ok(STEPS_MAY_IMPORT.includes(path), `${file} imports ${target}`)
  }
})

test('no endpoint holds a log: events go to the journal, refusals to the reports', () => {
  for (const { file, target } of imports) {
    if (room(file) === 'endpoints') assert.doesNotMatch(target, /logger|pino/, file)
  }
  for (const file of globSync('endpoints/**/*.ts', { cwd: src })) {
    assert.doesNotMatch(readFileSync(join(src, file), 'utf8'), /\blog\.(info|warn|error|debug)\(/, file)
  }
})

test('no store is asked by name: what matters about it is a trait in the table of the stores', () => {
  for (const file of globSync('**/*.ts', { cwd: src })) {
    if (room(file) === 'store') continue
    const code = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    assert.doesNotMatch(
      code,
      /STORE\s*[!=]==?|[!=]==?\s*'(memory|redis|sqlite)'|STORE=(memory|redis|sqlite)/,
      file,
    )
    assert.doesNotMatch(code, /\bstore\.name\s*[!=]==?|\binstanceof (Memory|Redis|Sqlite)Store/, file)
  }
})

test('files stay small: 250 lines at most', () => {
  for (const file of globSync('**/*.{ts,js}', { cwd: src })) {
    assert.ok(readFileSync(join(src, file), 'utf8').split('\n').length <= 250, file)
  }
})
