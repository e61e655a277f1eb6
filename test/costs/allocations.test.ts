import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import formbody from '@fastify/formbody'
import { type FastifyInstance, fastify } from 'fastify'
import { loadConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { KEY } from '../support/server.ts'
import { basic, direct, freshTokens, introspect, refresh } from '../support/token-client.ts'

/** Bytes that a warm request may allocate beyond what the framework does for the same form. Somewhat more than it is. */
const MOST = { client_credentials: 20_000, introspection: 22_000, refresh: 34_000 }

const WARM_UP = 1000
const BATCHES = 30
const BATCH = 100

// V8 counts what it allocates, collected or not. Compiling adds to it, and nothing takes from it: the least of
// many batches is what the requests themselves need, whatever the machine does meanwhile.
async function leastAllocated(request: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < WARM_UP; i++) await request()
  let least = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = allocated()
    for (let i = 0; i < BATCH; i++) await request()
    least = Math.min(least, (allocated() - before) / BATCH)
  }
  return least
}

// Newer than the types.
function allocated(): number {
  const { total_allocated_bytes } = getHeapStatistics() as unknown as { total_allocated_bytes: number }
  assert.equal(typeof total_allocated_bytes, 'number')
  return total_allocated_bytes
}

/** The framework alone: a route that reads the same form. */
async function bareInstance(): Promise<FastifyInstance> {
  const bare = fastify()
  await bare.register(formbody)
  bare.post('/oauth/tokenize', async () => ({ access_token: 'x' }))
  return bare
}

test('a warm token request allocates no more than its bound', async (t) => {
  const config = loadConfig({ SECRET_KEYS: KEY })
  const client = { client_id: 'svc', client_secret: 'password', grant_types: ['client_credentials' as const] }
  config.entries.clients.push(client)
  const log = createLogger('info', { write() {} })
  const app = await createServer(config, { store: new MemoryStore(), log })
  const bare = await bareInstance()
  t.after(() => Promise.all([app.close(), bare.close()]))

  const authorization = basic('svc', 'password')
  const service = (to: FastifyInstance) => direct(to, { grant_type: 'client_credentials' }, { authorization })
  let { access_token, refresh_token } = await freshTokens(app)
  const framework = await leastAllocated(() => service(bare))
  const requests: Record<keyof typeof MOST, () => Promise<unknown>> = {
    client_credentials: () => service(app),
    introspection: () => introspect(app, access_token),
    async refresh() {
      ;({ access_token, refresh_token } = (await refresh(app, refresh_token)).body)
    },
  }
  for (const [kind, most] of Object.entries(MOST) as [keyof typeof MOST, number][]) {
    const own = Math.round((await leastAllocated(requests[kind])) - framework)
    t.diagnostic(`${kind}: ${own} bytes beyond the framework's ${Math.round(framework)}`)
    assert.ok(own <= most, `${kind} allocates ${own} bytes, more than ${most}`)
  }
})
