import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { keptKeys } from '../../src/config/kept-keys.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'

const base = folderOfTests()
let folders = 0
function folder(): string {
  const made = join(base, `k${++folders}`)
  mkdirSync(made)
  return made
}
const load = (env: Record<string, string>, options = {}): Config =>
  loadConfig({ CONFIG_FILE: 'f.yaml', ...env }, () => 'clients: [{ client_id: a }]', {}, options)

test('a configuration with SQLITE_FILE and no STORE uses that store; STORE counts more, and the demo stays in memory', () => {
  const SQLITE_FILE = join(folder(), 'store.db')
  assert.equal(load({ SQLITE_FILE, SECRET_KEYS: KEY }).store.name, 'sqlite')
  assert.equal(load({ SQLITE_FILE, SECRET_KEYS: KEY, STORE: 'memory' }).store.name, 'memory')
  assert.equal(load({ SECRET_KEYS: KEY }).store.name, 'memory')
  assert.equal(loadConfig({ SQLITE_FILE }).store.name, 'memory')
  const empty = loadConfig({ SQLITE_FILE, STORE: 'sqlite' })
  assert.equal(empty.demo, false)
  assert.deepEqual(empty.entries, { clients: [], users: [], scopes: {} })
  assert.equal(empty.issuer, 'http://localhost:8000')
  assert.throws(() => load({ STORE: 'sqlite', SECRET_KEYS: KEY }), /SQLITE_FILE is not set/)
})

test('what SQLite takes for more than a path is refused: it would keep nothing, or do without locks', () => {
  for (const name of ['file:store.db?mode=memory', 'FILE:/data/store.db?nolock=1', ':memory:'])
    assert.throws(
      () => load({ STORE: 'sqlite', SQLITE_FILE: name, SECRET_KEYS: KEY }),
      /is no path; name a file/,
    )
})

test('keys that are not set are made once beside the file, for its owner alone, and said; set ones count more', () => {
  const place = folder()
  const SQLITE_FILE = join(place, 'store.db')
  const path = join(place, 'secret-keys')
  const first = load({ SQLITE_FILE })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(first.secretKeys, [readFileSync(path, 'utf8').trim()])
  assert.equal(first.remarks.filter((line) => line.includes(`keys were made in ${path}`)).length, 1)
  assert.ok(!first.remarks.some((line) => line.includes(String(first.secretKeys[0]))))
  const second = load({ SQLITE_FILE })
  assert.deepEqual(second.secretKeys, first.secretKeys)
  assert.deepEqual(second.remarks, [])
  assert.deepEqual(load({ SQLITE_FILE, SECRET_KEYS: KEY }).secretKeys, [KEY])
})

test('a look at the configuration makes nothing', () => {
  const place = folder()
  const SQLITE_FILE = join(place, 'store.db')
  load({ SQLITE_FILE }, { looking: true })
  assert.equal(existsSync(join(place, 'secret-keys')), false)
})

test('of twenty processes that start at once all have the same key', async () => {
  const path = join(folder(), 'secret-keys')
  const module = JSON.stringify(join(import.meta.dirname, '../../src/config/kept-keys.ts'))
  const code = `import { keptKeys } from ${module}; console.log(keptKeys(${JSON.stringify(path)}).keys.join())`
  const starts = Array.from({ length: 20 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]),
  )
  const keys = (await Promise.all(starts)).map(({ stdout }) => stdout)
  assert.equal(new Set(keys).size, 1)
})

test('a file that others can read is closed to them; one without keys is never taken for a new one', () => {
  const path = join(folder(), 'secret-keys')
  writeFileSync(path, `${KEY}\n`)
  chmodSync(path, 0o644)
  assert.deepEqual(keptKeys(path), { keys: [KEY], made: false })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  for (const text of ['', 'short', `${KEY.slice(0, 20)}\n`]) {
    writeFileSync(path, text)
    assert.throws(() => keptKeys(path), /has no usable keys; restore it/)
    assert.equal(readFileSync(path, 'utf8'), text)
  }
})

test('a folder that is not there, and a link to nowhere', () => {
  assert.throws(() => keptKeys(join(base, 'none', 'secret-keys')), /SECRET_KEYS is not set.*does not exist/)
  const path = join(folder(), 'secret-keys')
  symlinkSync(join(base, 'nowhere'), path)
  assert.throws(() => keptKeys(path))
  assert.equal(existsSync(join(base, 'nowhere')), false)
})
