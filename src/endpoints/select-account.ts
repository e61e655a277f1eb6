import type { FastifyInstance } from 'fastify'
import { withProof } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { askedOf } from './asked.ts'
import { type FrontChannel, formRefused, stepBinding } from './front-channel.ts'
import { type VisitorContext, visitorOf } from './visitor.ts'

/** `POST /select-account`: the person goes on with the account that was shown. Another one is a login. */
export function registerSelectAccount(
  app: FastifyInstance,
  context: {
    channel: FrontChannel
    sessions: Sessions
  } & VisitorContext,
): void {
  const { channel, sessions, browser } = context
  app.post('/select-account', async (request, reply) => {
    const exchange = { request, reply }
    const { asked, answered } = await askedOf(exchange, context)
    if (answered) return answered
    const now = context.now()
    const visitor = await visitorOf(exchange, context)
    const own =
      visitor && browser.ownForm(request, { binding: stepBinding('select_account', asked, visitor), now })
    if (!own) return channel.dispatch(exchange, asked, formRefused(context, request))
    const proof = { request_digest: asked.digest, step: 'select_account' as const, at: now }
    await sessions.update(visitor.current, now, (session) =>
      session === undefined ? { answer: undefined } : { next: withProof(session, proof), answer: undefined },
    )
    return channel.again(exchange)
  })
}
