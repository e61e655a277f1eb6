import type { Client } from '../clients/client.ts'
import { LIST_CLAIMS, STANDARD_CLAIMS } from '../protocol/claims.ts'
import type { User } from '../users/user.ts'

/** Returns those of the named claims that the person has, in the names and forms that this client wants. */
export function pickClaims(client: Client, user: User, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const name of names) {
    const value = claimValue(client, user, name)
    if (value !== undefined) picked[client.claim_names[name] ?? name] = inForm(client, name, value)
  }
  return picked
}

/** Those of the names that are no standard claims: groups, roles, and the operator's own. They go wherever a scope goes. */
export function ownClaims(names: readonly string[]): readonly string[] {
  return names.filter((name) => !STANDARD_CLAIMS.has(name))
}

function claimValue(client: Client, user: User, name: string): unknown {
  // A list that is empty is said too: some applications refuse a login without it.
  if (LIST_CLAIMS.some((list) => list === name)) return user[name as (typeof LIST_CLAIMS)[number]]
  const known: Readonly<Record<string, unknown>> = STANDARD_CLAIMS.has(name) ? user.claims : user.own_claims
  if (Object.hasOwn(known, name) && known[name] !== undefined) return known[name]
  // With pairwise subjects the login name would tell what sectors must not learn of each other.
  return name === 'preferred_username' && client.sector === undefined ? user.username : undefined
}

function inForm(client: Client, name: string, value: unknown): unknown {
  const form = client.claim_types[name]
  if (form === 'list') return Array.isArray(value) ? value : [value]
  return form === 'string' && Array.isArray(value) ? value.join(',') : value
}

// Bytes of an ID token's claims about the person: applications keep ID tokens in cookies of 4 KB.
const MAX_CLAIMS = 2048

/**
 * Leaves own claims out of an ID token, the largest first, until the claims about the person take 2 KB at most; never
 * groups and roles, which decide who gets in. Returns the names that were left out. `names`: what each is called there.
 */
export function fitClaims(claims: Record<string, unknown>, own: readonly string[]): string[] {
  const size = (name: string) => Buffer.byteLength(JSON.stringify(claims[name]) ?? '') + name.length + 4
  let sum = Object.keys(claims).reduce((total, name) => total + size(name), 0)
  const left: string[] = []
  for (const name of own.toSorted((one, other) => size(other) - size(one))) {
    if (sum <= MAX_CLAIMS) break
    sum -= size(name)
    delete claims[name]
    left.push(name)
  }
  return left
}
