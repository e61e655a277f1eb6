import type { FastifyInstance } from 'fastify'
import { formOf } from '../../http/form.ts'
import type { Notice } from '../../http/views/view.ts'
import type { Visitor } from '../../logins/visitors.ts'
import type { Parameters } from '../../protocol/parameters.ts'
import { say } from '../../texts/text.ts'
import { changePerson, type PeopleContext, readPerson } from '../../users/person-changes.ts'
import type { PersonEntry } from '../../users/person-record.ts'
import type { Exchange } from '../asker.ts'
import { formRefused } from '../form-refused.ts'
import { visitorAt } from '../visitor.ts'
import { ACCOUNT, type AccountContext, bindingOf } from './account.ts'
import { isZone } from './facts.ts'

const PATH = `${ACCOUNT}/profile`

/**
 * What people may change of themselves (OpenID Connect Core §5.1), each with what it must be. Never what they are found or judged by:
 * user name, address, groups, roles.
 */
const FIELDS = {
  name: isShort,
  given_name: isShort,
  family_name: isShort,
  nickname: isShort,
  picture: (text: string) => text.length <= 500 && URL.parse(text)?.protocol === 'https:',
  website: (text: string) => text.length <= 500 && /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
  zoneinfo: isZone,
  locale: isLocale,
} as const satisfies Partial<Record<keyof PersonEntry, (text: string) => boolean>>

type Field = keyof typeof FIELDS

const NAMES = Object.keys(FIELDS) as Field[]

/** `/account/profile`: what people of the store say of themselves. Those of the file are sent back to the account. */
export function registerAccountProfile(
  app: FastifyInstance,
  context: AccountContext & { people: PeopleContext },
): void {
  const { browser, journal, base, people } = context

  app.get(PATH, async (request, reply) => {
    const owner = await ownerAt({ request, reply })
    return owner === undefined ? reply : show({ request, reply }, owner.visitor, owner.entry)
  })

  app.post(PATH, async (request, reply) => {
    const exchange = { request, reply }
    const owner = await ownerAt(exchange)
    if (owner === undefined) return reply
    const { visitor, entry } = owner
    const now = context.now()
    if (!browser.ownForm(request, { binding: bindingOf(visitor, '/profile'), now }))
      return show(exchange, visitor, entry, { notice: formRefused(context, request), status: 403 })
    const said = saidIn(formOf(request))
    const wrong = NAMES.find((name) => said[name] !== '' && !FIELDS[name](said[name]))
    if (wrong !== undefined)
      return show(exchange, visitor, said, {
        notice: { tone: 'error', text: say('profile.wrong') },
        wrong,
        status: 422,
      })
    await changePerson(people, visitor.user.sub, (record) => ({
      ...record,
      entry: { ...changed(record.entry, said), updated_at: now },
    }))
    journal.record(request, [{ event: 'profile_changed', sub: visitor.user.sub }])
    return reply.redirect(`${base}${ACCOUNT}`, 303)
  })

  async function ownerAt(exchange: Exchange) {
    const visitor = await visitorAt(exchange, context)
    const record = visitor && (await readPerson(people.store, visitor.user.sub))
    if (visitor !== undefined && record !== undefined) return { visitor, entry: record.entry }
    exchange.reply.redirect(visitor === undefined ? `${base}/login` : base + ACCOUNT, 303)
    return undefined
  }

  function show(
    { request, reply }: Exchange,
    visitor: Visitor,
    said: Partial<Record<Field, string>>,
    { notice, wrong, status = 200 }: { notice?: Notice; wrong?: Field; status?: number } = {},
  ) {
    const binding = bindingOf(visitor, '/profile')
    const csrf = browser.formToken(request, reply, { binding, now: context.now() })
    const fields = NAMES.map((name) => ({
      name,
      label: `field.${name}` as const,
      value: said[name] ?? '',
      wrong: name === wrong,
    }))
    const data = { action: base + PATH, back: base + ACCOUNT, csrf, fields, notice }
    return context.render(reply, 'account-profile', data, { status, locale: visitor.user.claims.locale })
  }
}

function saidIn(form: Parameters): Record<Field, string> {
  return Object.fromEntries(NAMES.map((name) => [name, (form.one(name) ?? '').trim()])) as Record<
    Field,
    string
  >
}

// What is left empty is said no more.
function changed(entry: PersonEntry, said: Record<Field, string>): PersonEntry {
  const kept = Object.entries(entry).filter(([name]) => !Object.hasOwn(FIELDS, name))
  const added = NAMES.flatMap((name) => (said[name] === '' ? [] : [[name, said[name]]]))
  return Object.fromEntries([...kept, ...added]) as PersonEntry
}

function isShort(text: string): boolean {
  return text.length <= 100 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}

function isLocale(text: string): boolean {
  try {
    return text.length <= 35 && Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}
