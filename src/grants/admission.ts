import type { Client } from '../clients/client.ts'
import type { SecurityEvent } from '../events/events.ts'
import { scopeDifference } from '../protocol/scope.ts'
import type { User } from '../users/user.ts'

/** Whether this person may use this client at all: one that names groups is for their members only. */
export function admits(
  { allowed_groups }: Pick<Client, 'allowed_groups'>,
  { groups }: Pick<User, 'groups'>,
): boolean {
  return allowed_groups === undefined || groups.some((group) => allowed_groups.has(group))
}

/** Returns what of a scope this person may grant: not what is for members of other groups. */
export function grantableScope(scope: string, { withheld_scopes }: Pick<User, 'withheld_scopes'>): string {
  return withheld_scopes.length === 0 ? scope : scopeDifference(scope, withheld_scopes.join(' '))
}

/** What the journal hears of a person who may not use a client. */
export function notAdmitted(
  { client_id }: Pick<Client, 'client_id'>,
  sub: string,
  grant_id?: string,
): SecurityEvent {
  return { event: 'person_not_allowed', client_id, sub, ...(grant_id && { grant_id }) }
}
