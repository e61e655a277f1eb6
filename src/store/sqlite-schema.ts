import { DatabaseSync } from 'node:sqlite'

/** What the disk must confirm before a write counts. */
export type Sync = 'full' | 'normal'

/** The steps from each version of the file to the next: `PRAGMA user_version` says which one it has. Only ever added to. */
export const STEPS: readonly string[] = [
  `CREATE TABLE record (
     kind TEXT NOT NULL, id TEXT NOT NULL, revision TEXT NOT NULL, expires_at INTEGER, value TEXT NOT NULL,
     PRIMARY KEY (kind, id)
   ) WITHOUT ROWID;
   CREATE INDEX record_end ON record (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE link (
     list TEXT NOT NULL, member TEXT NOT NULL, expires_at INTEGER NOT NULL,
     PRIMARY KEY (list, member)
   ) WITHOUT ROWID;
   CREATE INDEX link_end ON link (expires_at);`,
]

/** The file was written by a later release than this one, whose records this one does not know. */
export class NewerFile extends Error {}

// Milliseconds that a write waits for another process that holds the file: far longer than any batch takes.
const BUSY = 10_000
// The same for a read, which waits for nobody but a process that mends the file after a crash.
const READ_BUSY = 1000
// Kibibytes of pages that a connection keeps.
const CACHE = 16_384

/**
 * Opens the file for writing, and brings it to the schema of this release; before a file that holds something is changed, a
 * copy of it is made beside it (`<file>.v<version>`). Throws `NewerFile`, and what SQLite throws.
 */
export function openForWriting(file: string, sync: Sync, steps: readonly string[] = STEPS): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY, defensive: true })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(
      `PRAGMA synchronous = ${sync === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA cache_size = -${CACHE}`,
    )
    upgrade(database, file, steps)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens the file for reading alone. It must have been opened for writing before. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: READ_BUSY, defensive: true })
  database.exec(`PRAGMA cache_size = -${CACHE}`)
  return database
}

/** The version of the file's schema. */
export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version)
}

function upgrade(database: DatabaseSync, file: string, steps: readonly string[]): void {
  const found = versionOf(database)
  if (found > steps.length)
    throw new NewerFile(`it has schema ${found}, and this release knows ${steps.length}`)
  if (found === steps.length) return
  if (found > 0) database.prepare('VACUUM INTO ?').run(`${file}.v${found}`)
  // Several processes may start at once: the first one does it, the others find it done.
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of steps.slice(versionOf(database))) database.exec(step)
    database.exec(`PRAGMA user_version = ${steps.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
