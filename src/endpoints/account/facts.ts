import type { TextKey } from '../../texts/text.ts'
import type { User } from '../../users/user.ts'

/** One thing that is said of a person. */
export interface Fact {
  label: TextKey
  value: string
}

// What applications may be told, in the order in which people look for it.
const SHOWN = [
  'name',
  'given_name',
  'family_name',
  'nickname',
  'email',
  'phone_number',
  'picture',
  'website',
  'zoneinfo',
  'locale',
] as const

/** What others may see of a person: their claims, groups and roles. */
export function factsOf({ username, claims, groups, roles }: User): Fact[] {
  const said = SHOWN.flatMap((name): Fact[] => {
    const value = claims[name]
    return typeof value === 'string' ? [{ label: `field.${name}`, value }] : []
  })
  const lists = (label: TextKey, values: readonly string[]): Fact[] =>
    values.length > 0 ? [{ label, value: values.join(', ') }] : []
  return [
    { label: 'field.username', value: username },
    ...said,
    ...lists('field.groups', groups),
    ...lists('field.roles', roles),
  ]
}

/** The time zone that a person's times are shown in: their own, if it is one. */
export function zoneOf({ claims }: Pick<User, 'claims'>): string {
  const { zoneinfo } = claims
  return typeof zoneinfo === 'string' && isZone(zoneinfo) ? zoneinfo : 'UTC'
}

/** Whether this names a time zone (IANA). */
export function isZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}
