import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { GrantTypeTraits } from '../grant-type-traits.ts'
import type { Rules } from '../rules.ts'

/** Returns what the client's grant types say of themselves. Throws what `fail` throws for an unknown one. */
export function grantTypesOf(
  { grant_types: names = ['authorization_code'] }: ClientEntry,
  { grantTypes }: Pick<Rules, 'grantTypes'>,
  fail: Fail,
): readonly GrantTypeTraits[] {
  return names.map((name, at) => {
    const found = grantTypes.find(({ grant_type }) => grant_type === name)
    const known = grantTypes.map(({ grant_type }) => grant_type)
    return found ?? fail(`grant_types/${at}`, `must be one of ${known.join(', ')}`)
  })
}
