import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { preparePlace } from '../../src/store/sqlite-file.ts'
import { NewerFile, openForWriting, STEPS, versionOf } from '../../src/store/sqlite-schema.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'

const base = folderOfTests()
let folders = 0
function folder(): string {
  const made = join(base, `f${++folders}`)
  mkdirSync(made, { mode: 0o700 })
  return made
}
const mode = (path: string) => statSync(path).mode & 0o777

test('the file and what SQLite puts beside it are the owner’s alone', async () => {
  const file = join(folder(), 'store.db')
  assert.equal(preparePlace(file).problem, undefined)
  const store = await openSqlite(file)
  for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.equal(mode(name), 0o600, name)
  await store.close()
  // The last one that closes takes the log file into the file.
  assert.deepEqual([existsSync(`${file}-wal`), existsSync(`${file}-shm`)], [false, false])
})

test('a file that others could read is mended, and said', () => {
  const file = join(folder(), 'store.db')
  writeFileSync(file, '')
  chmodSync(file, 0o644)
  assert.ok(preparePlace(file).remarks.some((line) => /could be read or written by others/.test(line)))
  assert.equal(mode(file), 0o600)
})

test('a symbolic link, for the file or beside it, is refused', () => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    const place = folder()
    const file = join(place, 'store.db')
    writeFileSync(join(place, 'elsewhere'), 'what somebody else keeps')
    symlinkSync(join(place, 'elsewhere'), `${file}${suffix}`)
    assert.match(String(preparePlace(file).problem), /symbolic link/, suffix)
  }
  const dangling = join(folder(), 'store.db')
  symlinkSync(join(base, 'nothing'), dangling)
  assert.match(String(preparePlace(dangling).problem), /symbolic link/)
})

test('a folder that everybody can write, a folder for the file, and another owner’s file are refused', (t) => {
  const open = folder()
  chmodSync(open, 0o777)
  assert.match(String(preparePlace(join(open, 'store.db')).problem), /everybody can write; run: chmod o-w/)
  const inFolder = folder()
  mkdirSync(join(inFolder, 'store.db'))
  assert.match(String(preparePlace(join(inFolder, 'store.db')).problem), /what is not a file/)
  const file = join(folder(), 'store.db')
  writeFileSync(file, '', { mode: 0o600 })
  if (process.getuid?.() === 0) chownSync(file, 4321, 4321)
  else t.mock.method(process as { getuid(): number }, 'getuid', () => 4321)
  assert.match(String(preparePlace(file).problem), /belongs to another user .*run: chown/)
})

test('what is no file, for the file or beside it, is refused and not waited for', () => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    const file = join(folder(), 'store.db')
    execFileSync('mkfifo', [`${file}${suffix}`])
    assert.match(String(preparePlace(file).problem), /what is not a file .*; name another one/, suffix)
  }
})

test('the file of a later release is refused, and untouched', async () => {
  const file = join(folder(), 'store.db')
  openForWriting(file, 'full', [...STEPS, 'CREATE TABLE later (x)']).close()
  assert.throws(() => openForWriting(file, 'full'), NewerFile)
  await assert.rejects(openSqlite(file), /it has schema 2, and this release knows 1/)
  assert.equal(versionOf(new DatabaseSync(file, { readOnly: true })), STEPS.length + 1)
})

test('an earlier file is brought up to date, after a copy of it was made beside it', () => {
  const file = join(folder(), 'store.db')
  const before = openForWriting(file, 'full')
  before.exec("INSERT INTO record VALUES ('consent', 'a', 'r', NULL, '{}')")
  before.close()
  const after = openForWriting(file, 'full', [...STEPS, 'ALTER TABLE record ADD COLUMN later TEXT'])
  assert.equal(versionOf(after), STEPS.length + 1)
  assert.deepEqual(
    after
      .prepare('SELECT id, later FROM record')
      .all()
      .map((row) => ({ ...row })),
    [{ id: 'a', later: null }],
  )
  after.close()
  const copy = new DatabaseSync(`${file}.v${STEPS.length}`, { readOnly: true })
  assert.deepEqual(
    [versionOf(copy), copy.prepare('SELECT count(*) AS n FROM record').get()?.n],
    [STEPS.length, 1],
  )
  copy.close()
})

test('a step that fails leaves the file as it was', () => {
  const file = join(folder(), 'store.db')
  openForWriting(file, 'full').close()
  assert.throws(() =>
    openForWriting(file, 'full', [...STEPS, 'CREATE TABLE half (x); CREATE TABLE half (x)']),
  )
  const same = openForWriting(file, 'full')
  assert.equal(versionOf(same), STEPS.length)
  assert.equal(same.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'").get()?.n, 0)
  same.close()
})

test('what is no store at all is not opened', async () => {
  const file = join(folder(), 'store.db')
  writeFileSync(file, 'this is somebody’s letter, and long enough to be one. '.repeat(100), { mode: 0o600 })
  const copy = `${file}.copy`
  copyFileSync(file, copy)
  await assert.rejects(openSqlite(file), /not a database/)
  assert.equal(statSync(file).size, statSync(copy).size)
})
