import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { buildServer } from '../support/server.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'
import { freshTokens, introspect, refresh } from '../support/token-client.ts'

const folder = folderOfTests()

test('a grant of a later release: 503 here, and it is there for whoever can read it', async (t) => {
  const file = join(folder, 'store.db')
  const { app, log } = await buildServer(t, { store: await openSqlite(file), storeClock: true })
  const tokens = await freshTokens(app)
  // As a later node writes it, on the same file.
  const later = new DatabaseSync(file)
  t.after(() => later.close())
  const { changes } = later
    .prepare("UPDATE record SET value = json_set(value, '$.least_schema', 99) WHERE kind = 'grant'")
    .run()
  assert.equal(changes, 1)
  for (let attempt = 0; attempt < 3; attempt++) {
    const { status, body } = await refresh(app, tokens.refresh_token)
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
  }
  assert.equal((await introspect(app, tokens.access_token)).status, 503)
  assert.ok(log.some(({ msg }) => msg === 'a record in the store needs a later release'))
  later.exec("UPDATE record SET value = json_remove(value, '$.least_schema') WHERE kind = 'grant'")
  assert.equal((await refresh(app, tokens.refresh_token)).status, 200)
})
