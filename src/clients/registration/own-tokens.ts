import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'
import { grantTypesOf } from './grant-types.ts'

/**
 * Whether the client may have tokens of its own. RFC 9700 §4.15: their subject is the client's id, which must not be a
 * person's `sub`.
 */
export function readOwnTokens(entry: ClientEntry, rules: Rules, fail: Fail): Pick<Client, 'own_tokens'> {
  const { client_id } = entry
  const own = grantTypesOf(entry, rules, fail).find(({ subject }) => subject === 'client')
  const username = own && rules.usernameOf(client_id)
  if (username !== undefined)
    fail(
      'client_id',
      `is the sub of user ${username} too, so tokens of ${own?.grant_type} would look like that person's; rename the client`,
    )
  return { own_tokens: own !== undefined }
}
