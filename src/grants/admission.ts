import type { Client } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import type { User } from '../users/user.ts'

/** Whether this person may use this client at all: one that names groups is for their members only. */
export function admits(
  { allowed_groups }: Pick<Client, 'allowed_groups'>,
  { groups }: Pick<User, 'groups'>,
): boolean {
  return allowed_groups === undefined || groups.some((group) => allowed_groups.has(group))
}

/** What the journal hears of a person who may not use a client. */
export function notAdmitted(
  { client_id }: Pick<Client, 'client_id'>,
  sub: string,
  grant_id?: string,
): SecurityEvent {
  return { event: 'person_not_allowed', client_id, sub, ...(grant_id && { grant_id }) }
}
