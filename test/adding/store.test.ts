import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'
import { KEY } from '../support/server.ts'

// As small as a store can be: what is added here is how it is found, not how it keeps things.
const FILE = `import { MemoryStore } from './memory.ts'
import type { StoreType } from './store-type.ts'

/** A store that outlives each of its processes, if one believes it. */
export const SHELF: StoreType = {
  summary: 'is a shelf',
  durable: true,
  shared: true,
  configure: () => async () => new MemoryStore(),
}
`
const TEST = `import { SHELF } from '../../src/store/shelf.ts'
import { storeContract } from '../contract/store.ts'
storeContract('shelf', () => SHELF.configure({}, { read: () => '', fail: () => { throw new Error() } })(() => {}))
`

test('a store is one file, one line and a test of three lines', async (t) => {
  const project = copyOfProject(t)
  project.add('src/store/shelf.ts', FILE)
  project.edit('src/store/index.ts', 'sqlite: SQLITE }', 'sqlite: SQLITE, shelf: SHELF }')
  project.edit(
    'src/store/index.ts',
    "from './redis-settings.ts'",
    "from './redis-settings.ts'\nimport { SHELF } from './shelf.ts'",
  )
  project.add('test/store/shelf.test.ts', TEST)
  project.check()

  const contract = project.node([
    '--test',
    'test/store/shelf.test.ts',
    'test/store/traits.test.ts',
    'test/architecture.test.ts',
  ])
  assert.equal(contract.status, 0, contract.output)

  // What depends on a store's traits follows: how many processes there may be, where signing keys are, what is drawn.
  const env = { STORE: 'shelf', WORKERS: '2', SECRET_KEYS: KEY }
  const { status, output } = project.node(['src/start.js', 'check-config'], env)
  assert.equal(status, 0, output)
  assert.match(output, /STORE=shelf/)
  assert.match(project.node(['src/start.js', 'rotate-keys'], env).output, /next keys .* are published/)
  assert.match(
    project.node(['src/start.js', 'check-config'], { STORE: 'shelf' }).output,
    /SECRET_KEYS is not set/,
  )
  assert.match(
    project.node(['src/start.js', 'check-config'], { STORE: 'box' }).output,
    /must be one of memory, redis, sqlite, shelf/,
  )

  assert.equal(project.node(['test/docs/write.ts']).status, 0)
  const documents = readFileSync(join(project.folder, '.env.example'), 'utf8')
  assert.match(
    documents,
    /memory dies with the process; redis is shared by many; sqlite is one file on the disk of one machine; shelf is a shelf\./,
  )
  assert.match(documents, /More than one need STORE=redis or STORE=sqlite or STORE=shelf\./)
})
