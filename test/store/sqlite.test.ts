import { join } from 'node:path'
import { storeContract } from '../contract/store.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'

const folder = folderOfTests()

// One file for all: several connections, as several processes have them.
storeContract('sqlite', () => openSqlite(join(folder, 'store.db')))
