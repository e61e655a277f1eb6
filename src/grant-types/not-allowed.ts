import type { Client } from '../clients/client.ts'
import { notAdmitted } from '../grants/admission.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Proven } from './grant-type.ts'

/**
 * The refusal of a person who may not use this client. A grant of theirs stays as it is: another node may already know
 * that they may, and code and refresh token are not used up.
 */
export function notAllowed(client: Client, sub: string, grant_id?: string): Proven {
  const error = new OAuthError('invalid_grant', 'this person may not use this client', {
    detail: 'the person is in none of the groups that may use this client, or that may grant this scope',
  })
  return { outcome: 'refused', error, events: [notAdmitted(client, sub, grant_id)] }
}

/** What is said of a resource that the grant is not for. */
export const OTHER_RESOURCE =
  'the person has not approved access to this resource; ask at the authorization endpoint'
