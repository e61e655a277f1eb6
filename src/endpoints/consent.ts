import type { FastifyInstance } from 'fastify'
import { formOf } from '../http/form.ts'
import { askedOf } from './asked.ts'
import { type FrontChannel, formRefused, stepBinding } from './front-channel.ts'
import { type VisitorContext, visitorOf } from './visitor.ts'

/**
 * `POST /consent`: the person's decision. Terminal: it runs every check again and answers the client itself.
 * A form that no longer fits (expired, other account, other request) shows its step again.
 */
export function registerConsent(
  app: FastifyInstance,
  context: { channel: FrontChannel } & VisitorContext,
): void {
  const { desk, channel, browser, journal } = context
  app.post('/consent', async (request, reply) => {
    const exchange = { request, reply }
    const { asked, answered } = await askedOf(exchange, context)
    if (answered) return answered
    const now = context.now()
    const visitor = await visitorOf(exchange, context)
    const decision = formOf(request).one('decision')
    const own = visitor && browser.ownForm(request, { binding: stepBinding('consent', asked, visitor), now })
    if (!own || (decision !== 'approve' && decision !== 'deny'))
      return channel.dispatch(exchange, asked, formRefused(context, request))
    const situation = await desk.situation(asked, visitor, now)
    const answer = await desk.complete(situation, visitor, decision)
    if (answer === undefined) return channel.again(exchange)
    journal.record(request, answer.events)
    return channel.answer(exchange, asked, answer.parameters)
  })
}
