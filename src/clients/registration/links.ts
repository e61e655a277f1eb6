import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import type { Client } from '../client.ts'

type Links = Pick<Client, 'logo_uri' | 'client_uri' | 'policy_uri' | 'tos_uri'>

/** What our pages show of the client: links and an image there, so `javascript:` and the like are refused. */
export function readLinks({ logo_uri, client_uri, policy_uri, tos_uri }: ClientEntry, fail: Fail): Links {
  const links = {
    ...(logo_uri && { logo_uri }),
    ...(client_uri && { client_uri }),
    ...(policy_uri && { policy_uri }),
    ...(tos_uri && { tos_uri }),
  }
  for (const [name, uri] of Object.entries(links)) {
    if (!/^https?:$/.test(URL.parse(uri)?.protocol ?? '')) fail(name, 'must be an http or https URL')
  }
  return links
}
