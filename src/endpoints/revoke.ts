import type { FastifyInstance } from 'fastify'
import { authenticateClient } from '../clients/authenticate.ts'
import type { Clients } from '../clients/client.ts'
import { formOf } from '../http/form.ts'
import { type Logger, logEvents } from '../http/logger.ts'
import type { TokenInspector } from '../tokens/inspector.ts'

/**
 * `POST /oauth/revoke` (RFC 7009). An unknown or somebody else's token is a success without effect (§2.2). The
 * body is `{}`: widely used clients parse it as JSON.
 */
export function registerRevoke(
  app: FastifyInstance,
  context: { clients: Clients; inspector: TokenInspector; log: Logger; now: () => number },
): void {
  const { clients, inspector, log } = context
  app.post('/oauth/revoke', async (request, reply) => {
    const now = context.now()
    const parameters = formOf(request)
    const client = await authenticateClient(clients, request.headers.authorization, parameters)
    const opened = await inspector.open(parameters.required('token'))
    const owner = opened && (await inspector.owner(opened, now))
    if (opened !== undefined && owner?.client_id === client.client_id) {
      await inspector.revoke(opened, owner.sub, now)
      const { client_id } = client
      const event = opened.kind === 'refresh_token' ? 'grant_revoked' : 'token_revoked'
      logEvents(log, request.id, [{ event, client_id, ...(owner.sub && { sub: owner.sub }) }])
    }
    return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send('{}')
  })
}
