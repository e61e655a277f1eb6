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
      const found = inspected(source, fail)
      const aside = existsSync(file) && statSync(file).size > 0 ? setAside(file, fail) : undefined
      const making = `${file}.restoring`
      rmSync(making, { force: true })
      const from = openForReading(resolve(source))
      try {
        copyInto(from, making, fail)
      } finally {
        from.close()
      }
      const ended = keepSessions ? 0 : endAll(making)
      renameSync(making, file)
      sync(dirname(resolve(file)))
      return { ...found, ended, aside }
    },
  }
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

/** Moves the present file out of the way. Refused while a process has it open. */
function setAside(file: string, fail: CopyProblem): string {
  const present = new DatabaseSync(file, { timeout: 500 })
  try {
    // Whoever has the file open holds a shared lock on it; this asks for all of it, and takes its log file in.
    present.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    return fail(`${file} is in use (${(error as Error).message}); stop the server first`)
  } finally {
    present.close()
  }
  const aside = `${file}.before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  renameSync(file, aside)
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  return aside
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
