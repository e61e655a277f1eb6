import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { LIST_CLAIMS, STANDARD_CLAIMS } from '../../protocol/claims.ts'
import { REGISTERED_CLAIMS } from '../../protocol/registered-claims.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'

/** Which groups may use the client, where it finds claims, under which names, and those of its own tokens. */
export function readClaimSettings(
  entry: ClientEntry,
  rules: Pick<Rules, 'isOwnClaim'>,
  fail: Fail,
): Pick<Client, 'allowed_groups' | 'claims_in_id_token' | 'claim_names' | 'claim_types' | 'claims'> {
  const { claims_in_id_token = true, claim_names = {}, claim_types = {}, claims = {} } = entry
  const taken = new Set<string>()
  for (const [name, target] of Object.entries(claim_names)) {
    // `sub` and its like are not claims about a person that could have another name.
    if (REGISTERED_CLAIMS.has(name)) fail('claim_names', `has ${name}, which cannot be renamed`)
    if (REGISTERED_CLAIMS.has(target) || isKnown(target))
      fail('claim_names', `gives ${name} the name ${target}, which means something else in tokens`)
    // Unless that one has another name here too.
    if (rules.isOwnClaim(target) && !Object.hasOwn(claim_names, target))
      fail('claim_names', `gives ${name} the name ${target}, which a scope has for another claim`)
    if (taken.has(target)) fail('claim_names', `gives two claims the name ${target}`)
    taken.add(target)
  }
  for (const name of Object.keys(claims))
    if (REGISTERED_CLAIMS.has(name) || STANDARD_CLAIMS.has(name))
      fail('claims', `has ${name}, which means something else in tokens; choose another name`)
  const groups = entry.allowed_groups && { allowed_groups: new Set(entry.allowed_groups) }
  return {
    ...groups,
    claims_in_id_token,
    claim_names: bare(claim_names),
    claim_types: bare(claim_types),
    claims,
  }
}

function isKnown(name: string): boolean {
  return STANDARD_CLAIMS.has(name) || LIST_CLAIMS.some((list) => list === name)
}

// Without what every object has: a claim may be called constructor.
function bare<T>(names: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null), names)
}
