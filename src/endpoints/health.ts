import type { FastifyInstance } from 'fastify'
import type { Store } from '../store/store.ts'

// Load balancers ask with either.
const PROBE = { exposeHeadRoute: true, config: { quiet: true } } as const

/** `GET /healthz`: the process answers. `GET /readyz`: and so does its store; 503 if it does not. */
export function registerHealth(app: FastifyInstance, { store }: { store: Store }): void {
  app.get('/healthz', PROBE, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )
  app.get('/readyz', PROBE, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    try {
      const { clock_skew } = await store.ping()
      return { status: 'ok', store: store.name, clock_skew }
    } catch {
      return reply.code(503).header('retry-after', '2').send({ status: 'unavailable', store: store.name })
    }
  })
}
