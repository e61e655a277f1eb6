import type { FastifyReply } from 'fastify'
import type { AuthorizationDesk } from '../authorization/desk.ts'
import type { AuthorizationRequest } from '../authorization/request.ts'
import { queryOf } from '../http/form.ts'
import type { Exchange, FrontChannel } from './front-channel.ts'

/**
 * The authorization request that a step's own URL carries, checked again as on its first day. Where it is not
 * (or no longer) right, the dispatcher says so: `answered` is then its reply.
 */
export async function askedOf(
  exchange: Exchange,
  { desk, channel, now }: { desk: AuthorizationDesk; channel: FrontChannel; now: () => number },
): Promise<{ asked: AuthorizationRequest; answered?: never } | { asked?: never; answered: FastifyReply }> {
  const resolved = await desk.resolve(queryOf(exchange.request), now())
  return resolved.kind === 'request' ? { asked: resolved.request } : { answered: channel.again(exchange) }
}
