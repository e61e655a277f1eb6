import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Ask, askTo } from '../authorization/ask.ts'
import type { FindSituation } from '../authorization/situation.ts'
import { formOf } from '../http/form.ts'
import { readUserAgent } from '../http/user-agent.ts'
import type { Journal } from '../journal/journal.ts'
import type { BeginLogin } from '../logins/begin-login.ts'
import type { Visitor } from '../logins/visitors.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Outcome, PageStep } from '../steps/step.ts'
import { deviceMark } from '../users/user.ts'
import { type Asker, askOn, type Exchange } from './asker.ts'
import { bindingOf, type Dispatcher } from './dispatcher.ts'
import { type FormContext, formRefused } from './form-refused.ts'
import { type VisitorContext, visitorAt } from './visitor.ts'

export interface StepContext extends VisitorContext, FormContext {
  askers: readonly Asker[]
  dispatcher: Dispatcher
  findSituation: FindSituation
  scopeClaims: ScopeClaims
  beginLogin: BeginLogin
  /** Seconds that a session lives at most. */
  sessionTtl: number
  journal: Journal
}

/**
 * Mounts a step. Its phases have one order: what is asked, who is at the browser, whether the form is ours, what the step
 * makes of it, and back to who asks. No step can leave one out.
 */
export function registerStep(app: FastifyInstance, step: PageStep, context: StepContext): void {
  const { askers, dispatcher, browser } = context

  // The page of a step for a person comes from the dispatcher alone. A login can also be asked for, as somebody else.
  if (step.speaksFor === 'nobody')
    app.get(step.path, { exposeHeadRoute: true }, async (request, reply) => {
      const { asker, ask } = await askOn(request, askers)
      if (ask === undefined) return reply.redirect(asker.back(request), 303)
      return dispatcher.show({ request, reply }, step, ask, {})
    })

  app.post(step.path, async (request, reply) => {
    const exchange = { request, reply }
    const { asker, ask: asked } = await askOn(request, askers)
    if (asked === undefined) return reply.redirect(asker.back(request), 303)
    const now = context.now()
    const form = formOf(request)
    const visitor = step.speaksFor === 'person' ? await visitorAt(exchange, context) : undefined
    const ask = visitor === undefined ? asked : askTo(asked, visitor.user, context.scopeClaims)
    const isOwn = () => browser.ownForm(request, { binding: bindingOf(step, ask, visitor), now })
    const misfit = () => {
      const notice = formRefused(context, request)
      return step.speaksFor === 'person'
        ? dispatcher.dispatch(exchange, asker, asked, notice)
        : dispatcher.show(exchange, step, ask, { notice, status: 403, form })
    }
    if (step.speaksFor === 'person') {
      if (visitor === undefined || !isOwn()) return misfit()
      const outcome = await step.submit(form, { ask, visitor, now })
      if (outcome.result === 'misfit') return misfit()
      return act(exchange, { step, asker, asked, ask, visitor, form, now }, outcome, context)
    }
    if (!isOwn()) return misfit()
    const sent = { ask, address: request.ip, device: browser.device(request), now }
    const outcome = await step.submit(form, sent)
    if (outcome.result === 'misfit') return misfit()
    return act(exchange, { step, asker, asked, ask, visitor, form, now }, outcome, context)
  })
}

interface Submitted {
  step: PageStep
  asker: Asker
  /** What was asked; what of it this person may grant. */
  asked: Ask
  ask: Ask
  visitor: Visitor | undefined
  form: Parameters
  now: number
}

/** Does what the outcome of a step says, and sends the browser on. */
async function act(
  exchange: Exchange,
  { step, asker, asked, ask, visitor, form, now }: Submitted,
  outcome: Exclude<Outcome, { result: 'misfit' }>,
  context: StepContext,
): Promise<FastifyReply> {
  const { request, reply } = exchange
  const { browser, dispatcher, findSituation, beginLogin, journal } = context
  if (outcome.result === 'shown') {
    const { notice, status, retry_after, events } = outcome
    journal.record(request, events)
    if (retry_after !== undefined) reply.header('retry-after', retry_after)
    return dispatcher.show(exchange, step, ask, { visitor, notice, status, form })
  }
  if (outcome.result === 'decided' && visitor !== undefined) {
    const situation = await findSituation(asked, visitor, now)
    if (await asker.finish(exchange, { situation, visitor, decided: outcome })) return reply
  }
  if (outcome.result === 'logged_in') {
    const { user, amr, remembered } = outcome
    const { digest, client } = ask
    const browserId = browser.bind(request, reply)
    const login = {
      user,
      amr,
      remembered,
      brought: browser.session(request),
      browser: browserId,
      whence: { ...(await readUserAgent(request.headers['user-agent'])), address: request.ip },
      digest,
      client_id: client?.client_id,
    }
    const cookie = await beginLogin(request, login, context.now())
    browser.setSession(reply, cookie, remembered ? context.sessionTtl : undefined)
    browser.rememberDevice(request, reply, deviceMark(user))
  }
  return reply.redirect(ask.back, 303)
}
