import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { SqliteStore } from '../../src/store/sqlite.ts'
import type { Report } from '../../src/store/store.ts'

/** A folder for the tests of a file, gone with them. */
export function folderOfTests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-sqlite-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The store in this file. */
export function openSqlite(file: string, report: Report = () => {}): Promise<SqliteStore> {
  return SqliteStore.open({ file, sync: 'full' }, report)
}
