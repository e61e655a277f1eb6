import type { FastifyReply } from 'fastify'
import type { Ask } from '../authorization/ask.ts'
import { nextStep } from '../authorization/next-step.ts'
import type { FindSituation } from '../authorization/situation.ts'
import type { Approved } from '../consents/approved.ts'
import { notAdmitted } from '../grants/admission.ts'
import type { Browser } from '../http/browser.ts'
import { rawQuery } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Notice } from '../http/views/view.ts'
import type { Journal } from '../journal/journal.ts'
import type { Visitor } from '../logins/visitors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { PageSteps } from '../steps/index.ts'
import type { PageStep } from '../steps/step.ts'
import type { Asker, Exchange } from './asker.ts'
import { accountView, clientView } from './shown.ts'
import { type VisitorContext, visitorAt } from './visitor.ts'

export interface DispatcherContext extends VisitorContext {
  browser: Browser
  steps: PageSteps
  findSituation: FindSituation
  journal: Journal
  render: RenderPage
  /** URL prefix of our own paths: '' or the issuer's path. */
  base: string
}

/** What a page shows beside what is asked. */
export interface Shown {
  visitor?: Visitor | undefined
  approved?: Approved | undefined
  notice?: Notice | undefined
  status?: number
  /** What was posted, if the page is shown again. */
  form?: Parameters
}

/** Looks at what an ask needs next, and shows it. */
export interface Dispatcher {
  /** Does what the situation needs: shows the page of a step, or has the asker finish or refuse. */
  dispatch<A extends Ask>(exchange: Exchange, asker: Asker<A>, ask: A, notice?: Notice): Promise<FastifyReply>
  /** Shows the page of one step. */
  show(exchange: Exchange, step: PageStep, ask: Ask, shown: Shown): Promise<FastifyReply>
}

/** What the form of a step is bound to beside the browser: the person, the step, and what its page has shown. */
export function bindingOf(step: PageStep, ask: Ask, visitor: Visitor | undefined) {
  const account = step.speaksFor === 'person' ? (visitor?.account.sid ?? '') : ''
  return { account, form: step.name, request: step.shown(ask) }
}

/** The one place that decides which page comes. */
export function dispatcherOf(context: DispatcherContext): Dispatcher {
  const { browser, steps, findSituation, journal, render, base, now } = context

  const show: Dispatcher['show'] = async (
    { request, reply },
    step,
    ask,
    { visitor, approved, notice, status, form },
  ) => {
    const query = rawQuery(request)
    const { client } = ask
    const common = {
      action: `${base}${step.path}${query}`,
      csrf: browser.formToken(request, reply, { binding: bindingOf(step, ask, visitor), now: now() }),
      notice,
      login_href: `${base}${steps.login.path}${query}`,
    }
    const options = {
      ...{ status, logo: client?.logo_uri, client_id: client?.client_id },
      locale: visitor?.user.claims.locale,
    }
    if (step.speaksFor === 'nobody') {
      const data = step.page(ask, { ...common, client: client && clientView(client) }, form)
      return render(reply, step.view, data, options)
    }
    if (visitor === undefined || client === undefined)
      throw new Error(`${step.name} needs a person and a client`)
    const account = accountView(visitor.user)
    return render(
      reply,
      step.view,
      step.page(ask, { ...common, client: clientView(client), account, approved }),
      options,
    )
  }

  return {
    async dispatch(exchange, asker, ask, notice) {
      const visitor = await visitorAt(exchange, context)
      const situation = await findSituation(ask, visitor, now())
      const next = nextStep(situation)
      if (next.step === 'refuse') return asker.refuse(exchange, { situation, visitor, error: next.error })
      if (next.step === 'login' || visitor === undefined) return show(exchange, steps.login, ask, { notice })
      if (next.step === 'not_allowed' && ask.client !== undefined)
        journal.record(exchange.request, [notAdmitted(ask.client, visitor.account.sub)])
      // As this person may grant it, which may be less than what is asked.
      const own = situation.ask
      // Whoever is asked each time is asked about everything: it may be another program that asks.
      const approved = own.consent === 'once' ? situation.consented : undefined
      if (next.step !== 'answer') return show(exchange, steps[next.step], own, { visitor, approved, notice })
      const finished = await asker.finish(exchange, { situation, visitor, decided: { decision: 'none' } })
      // Back by a GET: what the browser then shows can be reloaded.
      return finished ? exchange.reply : exchange.reply.redirect(ask.back, 303)
    },
    show,
  }
}
