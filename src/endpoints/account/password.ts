import type { FastifyInstance } from 'fastify'
import { formOf } from '../../http/form.ts'
import { readUserAgent } from '../../http/user-agent.ts'
import type { Notice } from '../../http/views/view.ts'
import type { BeginLogin } from '../../logins/begin-login.ts'
import type { Visitor } from '../../logins/visitors.ts'
import type { PasswordQueue } from '../../passwords/password-queue.ts'
import { chosenProblem, MIN_CHOSEN } from '../../passwords/typed-password.ts'
import { changePerson, type PeopleContext, readPerson } from '../../users/person-changes.ts'
import type { Users } from '../../users/user.ts'
import type { Exchange } from '../asker.ts'
import { PASSWORD_PROBLEMS } from '../choose-password.ts'
import { formRefused } from '../form-refused.ts'
import { visitorAt } from '../visitor.ts'
import { ACCOUNT, type AccountContext, bindingOf, endOthers } from './account.ts'
import { elevate, isElevated } from './elevation.ts'

export interface PasswordContext extends AccountContext {
  people: PeopleContext
  queue: PasswordQueue
  users: Users
  /** Seconds that a session lives at most. */
  sessionTtl: number
  beginLogin: BeginLogin
}

const PATH = `${ACCOUNT}/password`

/**
 * `/account/password`: a new password, for who has lately proven who they are. The login of this browser begins anew with it; every
 * other one ends.
 */
export function registerAccountPassword(app: FastifyInstance, context: PasswordContext): void {
  const { browser, journal, base, people, queue, users, beginLogin } = context

  app.get(PATH, async (request, reply) => {
    const visitor = await ownerAt({ request, reply })
    if (visitor === undefined) return reply
    return show({ request, reply }, visitor)
  })

  app.post(PATH, async (request, reply) => {
    const exchange = { request, reply }
    const visitor = await ownerAt(exchange)
    if (visitor === undefined) return reply
    const now = context.now()
    if (!browser.ownForm(request, { binding: bindingOf(visitor, '/password'), now }))
      return show(exchange, visitor, formRefused(context, request), 403)
    const form = formOf(request)
    const password = form.one('password') ?? ''
    const problem = chosenProblem(password) ?? (form.one('again') === password ? undefined : 'differ')
    if (problem !== undefined) return show(exchange, visitor, PASSWORD_PROBLEMS[problem], 422)
    await change(exchange, visitor, password)
    return reply.redirect(`${base}${ACCOUNT}`, 303)
  })

  async function change({ request, reply }: Exchange, visitor: Visitor, password: string): Promise<void> {
    const { account, current } = visitor
    const { sub, amr } = account
    const password_hash = await queue.hashChosen(password)
    // A link that was sent before must not undo it.
    await changePerson(people, sub, ({ link: _, ...record }) => ({ ...record, password_hash }))
    journal.record(request, [{ event: 'password_set', sub, reason: 'by the person' }])
    const now = context.now()
    await endOthers(sub, { current: current.id, request, now }, context)
    const user = await users.find(sub)
    if (user === undefined) return
    const whence = { ...(await readUserAgent(request.headers['user-agent'])), address: request.ip }
    const remembered = current.session.remembered === true
    const login = {
      remembered,
      ...{ user, amr, whence, brought: browser.session(request), browser: browser.bind(request, reply) },
      ...{ digest: '', client_id: undefined },
    }
    const cookie = await beginLogin(request, login, now)
    browser.setSession(reply, cookie, remembered ? context.sessionTtl : undefined)
  }

  // Sends everybody else away: to the proof, or to the account, which says who keeps their password.
  async function ownerAt(exchange: Exchange): Promise<Visitor | undefined> {
    const visitor = await visitorAt(exchange, context)
    if (visitor === undefined || !isElevated(visitor, context.now())) {
      elevate(exchange, 'password', base)
      return undefined
    }
    if ((await readPerson(people.store, visitor.user.sub)) !== undefined) return visitor
    exchange.reply.redirect(`${base}${ACCOUNT}`, 303)
    return undefined
  }

  function show({ request, reply }: Exchange, visitor: Visitor, notice?: Notice, status = 200) {
    const csrf = browser.formToken(request, reply, {
      binding: bindingOf(visitor, '/password'),
      now: context.now(),
    })
    const data = { action: base + PATH, back: base + ACCOUNT, csrf, notice, min: MIN_CHOSEN }
    const { username } = visitor.user
    return context.render(
      reply,
      'account-password',
      { ...data, username },
      { status, locale: visitor.user.claims.locale },
    )
  }
}
