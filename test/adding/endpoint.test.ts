import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOfProject } from '../support/project-copy.ts'

const FILE = `import type { FastifyInstance } from 'fastify'

/** \`GET /oauth/clock\`: what time it is here, in seconds. */
export function registerClock(app: FastifyInstance, { now }: { now: () => number }): void {
  app.get('/oauth/clock', async () => ({ now: now() }))
}
`
const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildServer } from '../support/server.ts'

test('the clock of the server, on its issuer and with its headers', async (t) => {
  const { app } = await buildServer(t, { now: 1_000_000, env: { ISSUER: 'https://id.example/auth', DEMO_HOSTS: 'id.example' } })
  const answer = await app.inject({ url: '/auth/oauth/clock', headers: { host: 'id.example' } })
  assert.deepEqual(answer.json(), { now: 1_000_000 })
})
`

test('an endpoint is one file and one line: it names the parts that it needs', (t) => {
  const project = copyOfProject(t)
  project.add('src/endpoints/clock.ts', FILE)
  project.add('test/flows/clock.test.ts', TEST)
  const doors = 'src/composition/doors.ts'
  project.edit(
    doors,
    'registerIntrospect(open, rooms)\n',
    'registerIntrospect(open, rooms)\n      registerClock(open, rooms)\n',
  )
  project.edit(
    doors,
    'import { dispatcherOf }',
    "import { registerClock } from '../endpoints/clock.ts'\nimport { dispatcherOf }",
  )
  project.check()
  const { status, output } = project.node(['--test', 'test/flows/clock.test.ts', 'test/architecture.test.ts'])
  assert.equal(status, 0, output)
})
