import type { FastifyInstance } from 'fastify'
import { formOf } from '../../http/form.ts'
import type { Notice } from '../../http/views/view.ts'
import type { Visitor } from '../../logins/visitors.ts'
import { say } from '../../texts/text.ts'
import type { Activity } from '../../users/activity.ts'
import { deletePerson, type PeopleContext, readPerson } from '../../users/person-changes.ts'
import type { Exchange } from '../asker.ts'
import { formRefused } from '../form-refused.ts'
import { visitorAt } from '../visitor.ts'
import { ACCOUNT, type AccountContext, bindingOf } from './account.ts'
import { elevate, isElevated } from './elevation.ts'

const PATH = `${ACCOUNT}/delete`

/**
 * `/account/delete`: people of the store delete themselves, if the configuration lets them. They type their user name, and have proven
 * lately who they are. Everything that is kept of them goes; only the `sub` stays, for nobody else.
 */
export function registerAccountDelete(
  app: FastifyInstance,
  context: AccountContext & { people: PeopleContext; activity: Activity },
): void {
  const { browser, journal, base, people, consents, sessionEnd, activity } = context

  app.get(PATH, async (request, reply) => {
    const visitor = await ownerAt({ request, reply })
    return visitor === undefined ? reply : show({ request, reply }, visitor)
  })

  app.post(PATH, async (request, reply) => {
    const exchange = { request, reply }
    const visitor = await ownerAt(exchange)
    if (visitor === undefined) return reply
    const now = context.now()
    if (!browser.ownForm(request, { binding: bindingOf(visitor, '/delete'), now }))
      return show(exchange, visitor, formRefused(context, request), 403)
    if ((formOf(request).one('username') ?? '').trim() !== visitor.user.username)
      return show(exchange, visitor, { tone: 'error', text: say('delete.wrong') }, 422)
    const { sub } = visitor.user
    await deletePerson(people, sub)
    // From here on nobody can log in; what fails now ends by itself, for there is no person behind it.
    const ended = await sessionEnd.endAllOf(sub, { grants: true, now })
    for (const { client_id, consent_id = client_id } of await consents.ofSubject(sub, now))
      await consents.forget(sub, consent_id)
    journal.record(request, [...ended.events, { event: 'person_deleted', sub, reason: 'by the person' }])
    await activity.forget(sub)
    browser.clearSession(reply)
    return reply.redirect(`${base}/`, 303)
  })

  async function ownerAt(exchange: Exchange): Promise<Visitor | undefined> {
    const visitor = await visitorAt(exchange, context)
    if (visitor === undefined || !isElevated(visitor, context.now())) {
      elevate(exchange, 'delete', base)
      return undefined
    }
    if ((await readPerson(people.store, visitor.user.sub)) !== undefined) return visitor
    exchange.reply.redirect(`${base}${ACCOUNT}`, 303)
    return undefined
  }

  function show({ request, reply }: Exchange, visitor: Visitor, notice?: Notice, status = 200) {
    const binding = bindingOf(visitor, '/delete')
    const csrf = browser.formToken(request, reply, { binding, now: context.now() })
    const { username } = visitor.user
    const data = { action: base + PATH, back: base + ACCOUNT, csrf, username, notice }
    return context.render(reply, 'account-delete', data, { status, locale: visitor.user.claims.locale })
  }
}
