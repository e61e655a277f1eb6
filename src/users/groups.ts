import { isDeepStrictEqual } from 'node:util'
import { ConfigError, type Fail } from '../config/config-error.ts'
import type { Entries, GroupEntry } from '../config/schema.ts'
import { LIST_CLAIMS, STANDARD_CLAIMS } from '../protocol/claims.ts'
import { REGISTERED_CLAIMS } from '../protocol/registered-claims.ts'

/** What the groups of an installation mean. */
export interface Groups {
  /** What people read of a group, by its name; most have no sentence. */
  readonly sentences: Readonly<Record<string, string>>
  /** The claims that these groups give to their members, beside the person's `own`. Calls `fail` if two give different values. */
  claimsOf(
    groups: readonly string[],
    own: Readonly<Record<string, unknown>>,
    fail: Fail,
  ): Record<string, unknown>
  /** The scopes that only members of other groups may grant. */
  withheldFrom(groups: readonly string[]): readonly string[]
}

/** Reads the section `groups`. Throws `ConfigError` for claims and scopes that no group can give. */
export function groupsOf(entries: Entries['groups'] = {}): Groups {
  const described = new Map<string, GroupEntry>()
  const members = new Map<string, Set<string>>()
  for (const [name, entry] of Object.entries(entries)) {
    const group = typeof entry === 'string' ? { sentence: entry } : entry
    described.set(name, group)
    const taken = takenClaim(Object.keys(group.claims ?? {}))
    if (taken !== undefined)
      throw new ConfigError(`/groups/${name}/claims has ${taken}, which means something else in tokens`)
    for (const scope of group.scopes ?? []) {
      // They say how a login goes on, not what may be done: without openid nobody else could log in at all.
      if (scope === 'openid' || scope === 'offline_access')
        throw new ConfigError(`/groups/${name}/scopes has ${scope}, which cannot be for members only`)
      members.set(scope, (members.get(scope) ?? new Set()).add(name))
    }
  }
  return {
    sentences: Object.fromEntries(
      [...described].flatMap(([name, { sentence }]) => (sentence === undefined ? [] : [[name, sentence]])),
    ),
    claimsOf(groups, own, fail) {
      const claims: Record<string, unknown> = {}
      const givers = new Map<string, string>()
      for (const group of groups) {
        for (const [name, value] of Object.entries(described.get(group)?.claims ?? {})) {
          if (Object.hasOwn(own, name)) continue
          const giver = givers.get(name)
          if (giver !== undefined && !isDeepStrictEqual(claims[name], value))
            fail('groups', `gives ${name} by ${giver} and by ${group}, which differ; set it under claims`)
          claims[name] = value
          givers.set(name, group)
        }
      }
      return { ...claims, ...own }
    },
    withheldFrom: (groups) =>
      [...members].filter(([, some]) => !groups.some((group) => some.has(group))).map(([scope]) => scope),
  }
}

/** Returns the first of these names that no claim of an operator's own may have. */
export function takenClaim(names: readonly string[]): string | undefined {
  return names.find(
    (name) =>
      REGISTERED_CLAIMS.has(name) || STANDARD_CLAIMS.has(name) || LIST_CLAIMS.some((list) => list === name),
  )
}
