import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { listed } from './names.ts'
import type { Entries } from './schema.ts'

/** What is new, changed and gone between two configurations, by section: names of entries and fields, never a value. */
export type Difference = Readonly<Record<string, string>>

/** Compares two configurations. Empty if they say the same. */
export function differenceOf(before: Config, after: Config): Difference {
  const sections = {
    variables: entries(before.env, after.env, { named: 'changed' }),
    clients: entries(byName(before.entries.clients, 'client_id'), byName(after.entries.clients, 'client_id')),
    users: entries(byName(before.entries.users, 'username'), byName(after.entries.users, 'username')),
    resources: entries(
      byName(before.entries.resources ?? [], 'resource'),
      byName(after.entries.resources ?? [], 'resource'),
    ),
    ...Object.fromEntries(
      REST.map((name) => [name, entries(before.entries[name] ?? {}, after.entries[name] ?? {})]),
    ),
    ...Object.fromEntries(
      SINGLE.map((name) => [name, entries(alone(before.entries, name), alone(after.entries, name))]),
    ),
    blocked_clients: entries(byText(before.entries.blocked_clients), byText(after.entries.blocked_clients)),
  }
  return Object.fromEntries(Object.entries(sections).filter(([, text]) => text !== ''))
}

const REST = [
  'scopes',
  'groups',
  'webfinger_domains',
  'branding',
  'languages',
] as const satisfies (keyof Entries)[]

const SINGLE = [
  'any_resource',
  'registration',
  'client_id_metadata_documents',
  'account_deletion',
  'remember_logins',
] as const satisfies (keyof Entries)[]

function alone(entries: Entries, name: (typeof SINGLE)[number]) {
  return entries[name] === undefined ? {} : { [name]: entries[name] }
}

// A rule has no name but what it says.
function byText(rules: readonly object[] = []) {
  return Object.fromEntries(rules.map((rule) => [Object.entries(rule).flat().join(' '), rule]))
}

function byName<K extends string, T extends { [Key in K]: string }>(list: readonly T[], key: K) {
  return Object.fromEntries(list.map((one) => [one[key], one]))
}

/** One line on a section: `new: a; changed: b (field, field); gone: c`. With `named` all names under that word. */
function entries(before: object, after: object, { named }: { named?: string } = {}): string {
  const [one, other] = [before, after] as Record<string, unknown>[]
  const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])]
  const kinds = new Map<string, string[]>()
  for (const name of names) {
    const [was, is] = [one?.[name], other?.[name]]
    if (isDeepStrictEqual(was, is)) continue
    const kind = named ?? (was === undefined ? 'new' : is === undefined ? 'gone' : 'changed')
    const shown = kind === 'changed' && named === undefined ? name + fields(was, is) : name
    kinds.set(kind, [...(kinds.get(kind) ?? []), shown])
  }
  if (named !== undefined) return listed(kinds.get(named) ?? [])
  return [...kinds].map(([kind, some]) => `${kind}: ${listed(some)}`).join('; ')
}

function fields(was: unknown, is: unknown): string {
  if (typeof was !== 'object' || typeof is !== 'object') return ''
  const [one, other] = [was, is] as Record<string, unknown>[]
  const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])]
  return ` (${names.filter((name) => !isDeepStrictEqual(one?.[name], other?.[name])).join(', ')})`
}
