import type { FastifyInstance } from 'fastify'
import { formOf, queryOf, rawQuery } from '../http/form.ts'
import type { RenderPage } from '../http/pages.ts'
import type { Notice } from '../http/views/view.ts'
import type { Journal } from '../journal/journal.ts'
import type { SessionEnd } from '../logout/session-end.ts'
import type { PasswordQueue } from '../passwords/password-queue.ts'
import { chosenProblem, MIN_CHOSEN } from '../passwords/typed-password.ts'
import type { Keys } from '../secrets/keys.ts'
import { say } from '../texts/text.ts'
import type { PeopleContext } from '../users/person-changes.ts'
import { openPersonLink, type PersonLink, personOfLink, setPasswordByLink } from '../users/person-link.ts'
import type { Exchange } from './asker.ts'
import { type FormContext, formRefused } from './form-refused.ts'

/** Where a link leads to. */
export const CHOOSE_PASSWORD = '/choose-password'

export interface ChoosePasswordContext extends FormContext {
  people: PeopleContext
  keys: Keys
  queue: PasswordQueue
  sessionEnd: SessionEnd
  journal: Journal
  render: RenderPage
  base: string
  /** Seconds. */
  now: () => number
}

/** What a person is told whose new password cannot be taken. */
export const PASSWORD_PROBLEMS: Record<'short' | 'long' | 'differ', Notice> = {
  short: { tone: 'error', text: say('choose_password.short', { min: String(MIN_CHOSEN) }) },
  long: { tone: 'error', text: say('choose_password.long') },
  differ: { tone: 'error', text: say('choose_password.differ') },
}

/**
 * `GET /choose-password?link=…`: the one step that a link opens. Looking at it spends nothing, so a mail program that opens links
 * does no harm; the form does, once: of any who send it at once one has chosen.
 */
export function registerChoosePassword(app: FastifyInstance, context: ChoosePasswordContext): void {
  const { people, queue, sessionEnd, journal, browser, now } = context

  app.get(CHOOSE_PASSWORD, async (request, reply) => {
    const found = await linkOf({ request, reply }, context)
    return found === undefined ? gone({ request, reply }, context) : open({ request, reply }, found, context)
  })

  app.post(CHOOSE_PASSWORD, async (request, reply) => {
    const exchange = { request, reply }
    const found = await linkOf(exchange, context)
    if (found === undefined) return gone(exchange, context)
    const { link } = found
    if (!browser.ownForm(request, { binding: bindingOf(link), now: now() }))
      return open(exchange, { ...found, notice: formRefused(context, request), status: 403 }, context)
    const form = formOf(request)
    const password = form.one('password') ?? ''
    const problem = chosenProblem(password) ?? (form.one('again') === password ? undefined : 'differ')
    if (problem !== undefined)
      return open(exchange, { ...found, notice: PASSWORD_PROBLEMS[problem], status: 422 }, context)
    if (!(await setPasswordByLink(people, link, await queue.hashChosen(password))))
      return gone(exchange, context)
    const { sub } = link
    const ended = await sessionEnd.endAllOf(sub, { grants: false, now: now() })
    journal.record(request, [{ event: 'password_set', sub, reason: 'by a link' }, ...ended.events])
    return context.render(reply, 'choose-password', { ...blank('done'), username: found.username })
  })
}

interface Found {
  link: PersonLink
  username: string
  notice?: Notice
  status?: number
}

async function linkOf(
  { request }: Exchange,
  { people, keys }: ChoosePasswordContext,
): Promise<Found | undefined> {
  const link = openPersonLink(keys, queryOf(request).one('link') ?? '')
  const person = link && (await personOfLink(people, link))
  return link && person && { link, username: person.entry.username }
}

function open(
  { request, reply }: Exchange,
  { link, username, notice, status = 200 }: Found,
  { browser, render, base, now }: ChoosePasswordContext,
) {
  const data = {
    ...blank('open'),
    ...{ action: `${base}${CHOOSE_PASSWORD}${rawQuery(request)}`, username, notice },
    csrf: browser.formToken(request, reply, { binding: bindingOf(link), now: now() }),
  }
  return render(reply, 'choose-password', data, { status })
}

function gone({ request, reply }: Exchange, { journal, render }: ChoosePasswordContext) {
  journal.record(request, [{ event: 'link_refused' }])
  return render(reply, 'choose-password', blank('gone'), { status: 410 })
}

function blank<State extends 'open' | 'done' | 'gone'>(state: State) {
  return { state, action: '', csrf: '', username: '', min: MIN_CHOSEN }
}

function bindingOf({ digest }: PersonLink) {
  return { account: '', form: 'choose_password', request: digest }
}
