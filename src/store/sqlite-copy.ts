import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openForReading, openForWriting, STEPS, versionOf } from './sqlite-schema.ts'
import { KINDS, type Kind } from './store.ts'
import type { CopyProblem, StoreCopies, Summary } from './store-copies.ts'

/** Copies of the store file: made while it is used, and put back while it is not. `fail` refuses, with one sentence. */
export function sqliteCopies(file: string, fail: CopyProblem): StoreCopies {
  return {
    file,

    backup(target) {
      if (!existsSync(file)) fail(`there is no file ${file} to copy`)
      const source = openForReading(file)
      try {
        copyInto(source, target, fail)
      } finally {
        source.close()
      }
      // As whoever needs it will find it.
      return inspected(target, fail)
    },

    inspect: (source) => inspected(source, fail),

    records() {
      const database = openForReading(file)
      const rows = database.prepare('SELECT kind, id FROM record').all()
      database.close()
      return rows as unknown as { kind: Kind; id: string }[]
    },

    variablesFor: (other) => ({ SQLITE_FILE: other }),

    restore(source, { keepSessions }) {
      if (isSame(source, file)) fail(`${source} is the store itself; name a copy of it`)
      const found = inspected(source, fail)
      const making = `${file}.restoring`
      rmSync(making, { force: true })
      try {
        const from = openForReading(resolve(source))
        try {
          copyInto(from, making, fail)
        } finally {
          from.close()
        }
        const ended = keepSessions ? 0 : endAll(making)
        // Last: a copy that fails, as on a full disk, must not leave the server without its file.
        const aside = setAside(file, fail)
        renameSync(making, file)
        sync(dirname(resolve(file)))
        return { ...found, ended, aside }
      } finally {
        rmSync(making, { force: true })
      }
    },
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev
}

// An empty file that is there takes its mode along.
function copyInto(source: DatabaseSync, target: string, fail: CopyProblem): void {
  try {
    closeSync(openSync(target, 'wx', 0o600))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    fail(
      code === 'EEXIST'
        ? `${target} exists already; name another file`
        : `${target} cannot be made (${code})`,
    )
  }
  try {
    source.prepare('VACUUM INTO ?').run(target)
    const copy = openSync(target, 'r')
    fsyncSync(copy)
    closeSync(copy)
    sync(dirname(resolve(target)))
  } catch (error) {
    rmSync(target, { force: true })
    fail(`the copy was not made: ${(error as Error).message}`)
  }
}

function inspected(file: string, fail: CopyProblem): Summary {
  if (!existsSync(file)) return fail(`there is no file ${file}`)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, defensive: true })
    const verdict = database.prepare('PRAGMA quick_check').get()?.quick_check
    if (verdict !== 'ok') return fail(`${file} is damaged: ${verdict}`)
    const version = versionOf(database)
    if (version === 0) return fail(`${file} is no store`)
    if (version > STEPS.length)
      return fail(`${file} was made by a later release (schema ${version}); use that one`)
    const rows = database
      .prepare('SELECT kind, count(*) AS count FROM record GROUP BY kind ORDER BY kind')
      .all()
    return { kinds: rows.map(({ kind, count }) => ({ kind: String(kind), count: Number(count) })) }
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error
    return fail(`${file} cannot be read: ${error.message}`)
  } finally {
    database?.close()
  }
}

/**
 * Moves the present file out of the way, and what SQLite left beside it: a log of before would be read into the file that
 * comes there. Refused while a process has it open. Returns its name then; undefined if there is none.
 */
function setAside(file: string, fail: CopyProblem): string | undefined {
  const there = existsSync(file) && statSync(file).size > 0
  if (there) lockAll(file, fail)
  const aside = `${file}.before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  for (const suffix of ['-wal', '-shm', '-journal', ...(there ? [''] : [])])
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`)
  return there ? aside : undefined
}

const BUSY = 5

// Whoever has the file open holds a shared lock on it; this asks for all of it, and takes its log file in.
function lockAll(file: string, fail: CopyProblem): void {
  const present = new DatabaseSync(file, { timeout: 500 })
  try {
    present.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    const { message, errcode = 0 } = error as Error & { errcode?: number }
    if ((errcode & 0xff) === BUSY) fail(`${file} is in use (${message}); stop the server first`)
    fail(
      `${file} is damaged (${message}), so that nobody can see whether a server uses it; stop the server, move it away (mv ${file} ${file}.damaged) and restore again`,
    )
  } finally {
    present.close()
  }
}

const ENDED = Object.entries(KINDS).flatMap(([kind, { given }]) => (given ? [kind] : []))
// Seconds. What has such an end leads to something that lasts.
const NEVER = 253_402_300_799

function endAll(file: string): number {
  const database = openForWriting(file, 'full')
  const marks = ENDED.map(() => '?').join(', ')
  const { changes } = database.prepare(`DELETE FROM record WHERE kind IN (${marks})`).run(...ENDED)
  database.prepare('DELETE FROM link WHERE expires_at < ?').run(NEVER)
  database.exec('PRAGMA journal_mode = DELETE')
  database.close()
  return Number(changes)
}

function sync(folder: string): void {
  const opened = openSync(folder, 'r')
  fsyncSync(opened)
  closeSync(opened)
}
