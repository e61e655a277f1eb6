import type { FastifyInstance } from 'fastify'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { formOf } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import type { TokenInspector } from '../tokens/inspector.ts'

/**
 * `POST /oauth/revoke` (RFC 7009). A token that is unknown, or another client's, is a success without effect (§2.2). The
 * body is `{}`, because widely used clients parse it as JSON.
 */
export function registerRevoke(
  app: FastifyInstance,
  context: {
    authenticateClient: AuthenticateClient
    inspector: TokenInspector
    journal: Journal
    now: () => number
  },
): void {
  const { authenticateClient, inspector, journal } = context
  app.post('/oauth/revoke', async (request, reply) => {
    const now = context.now()
    const { authorization } = request.headers
    const parameters = formOf(request)
    const client = await authenticateClient({ authorization, parameters, address: request.ip }, now)
    const opened = await inspector.open(parameters.required('token'))
    if (opened !== undefined) journal.record(request, await inspector.revoke(opened, client.client_id, now))
    return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send('{}')
  })
}
