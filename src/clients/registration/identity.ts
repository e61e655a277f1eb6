import type { Fail } from '../../config/config-error.ts'
import { translationsIn } from '../../config/in-languages.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'

/** What the client is called, by programs and by people. */
export function readIdentity(
  entry: ClientEntry,
  rules: Pick<Rules, 'isResource'>,
  fail: Fail,
): Pick<Client, 'client_id' | 'client_name' | 'client_names'> {
  const { client_id, client_name = client_id } = entry
  // The audience of a resource's tokens would be that of the client's ID tokens: one could log somebody in who has the other.
  if (rules.isResource(client_id))
    fail('client_id', 'is the identifier of a resource too (capitals and a slash at the end do not count)')
  const client_names = translationsIn(entry, 'client_name')
  return { client_id, client_name, ...(client_names && { client_names }) }
}
