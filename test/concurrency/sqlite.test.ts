import { join } from 'node:path'
import { runs } from '../support/runs.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { interleavings } from './interleavings.ts'

const folder = folderOfTests()

interleavings('sqlite', () => openSqlite(join(folder, 'store.db')), runs(300))
