import { dirname, join, resolve } from 'node:path'
import { sqliteCopies } from './sqlite-copy.ts'
import { preparePlace } from './sqlite-file.ts'
import type { Sync } from './sqlite-schema.ts'
import { CannotOpen } from './sqlite-thread.ts'
import type { StoreType } from './store-type.ts'

/** The variables that say where the file is. */
export interface SqliteVariables {
  SQLITE_FILE: string
  SQLITE_SYNC: Sync
}

/** The store in one file: what its variables say. */
export const SQLITE: StoreType<SqliteVariables> = {
  summary: 'is one file on the disk of one machine',
  durable: true,
  shared: true,
  chosenBy: ({ SQLITE_FILE }) => SQLITE_FILE !== '',
  beginsEmpty: true,
  keysFile: ({ SQLITE_FILE }) => join(dirname(resolve(SQLITE_FILE)), 'secret-keys'),
  copies: ({ SQLITE_FILE }, fail) => sqliteCopies(SQLITE_FILE, fail),
  configure: ({ SQLITE_FILE: file, SQLITE_SYNC: sync }, { fail }) => {
    if (file === '')
      fail('STORE is sqlite, but SQLITE_FILE is not set; name a file, such as /data/postern.db')
    const named = `SQLITE_FILE is ${JSON.stringify(file)}, which`
    // SQLite would take it for more than a path: a memory, or a file without its locks.
    if (/^(file:|:memory:)/i.test(file)) fail(`${named} is no path; name a file, such as /data/postern.db`)
    return async (report) => {
      const { remarks, problem } = placeOf(file, (why) => fail(`${named} ${why}`))
      if (problem !== undefined) fail(`${named} ${problem}`)
      for (const remark of remarks) report('warn', remark)
      const { SqliteStore } = await import('./sqlite.ts')
      try {
        return await SqliteStore.open({ file, sync }, report)
      } catch (error) {
        if (!(error instanceof CannotOpen)) throw error
        const way = error.newer
          ? 'start the later release, or restore a copy of before'
          : 'restore a copy of it'
        return fail(`${named} cannot be opened: ${error.message}; ${way}`)
      }
    }
  },
}

function placeOf(file: string, fail: (why: string) => never) {
  try {
    return preparePlace(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const folder = dirname(resolve(file))
    if (code === 'ENOENT') return fail(`is in a folder that does not exist; make it: mkdir -m 700 ${folder}`)
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
      return fail(
        `cannot be made or read there (${code}); let uid ${process.getuid?.()} write ${folder}, mount a volume there, or set STORE=memory`,
      )
    throw error
  }
}
