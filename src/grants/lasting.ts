import { type Client, isNative } from '../clients/client.ts'
import { type Grant, isOffline, type Lasting } from './grant.ts'

/**
 * Returns how long a grant from a browser's login lasts: the consent page says it, and the grant keeps it. A native
 * application is no part of the browser: a person who logs out of a website does not mean the tool on their machine.
 */
export function lastingOf(client: Client, scope: string): Lasting {
  return isOffline(scope) || isNative(client) || client.introduced ? 'standing' : 'login'
}

/**
 * Whether a log-out ends this grant. A record that does not say so (it was made earlier) is judged by what its client may
 * do. `client`: the grant's, or undefined if it is unknown here.
 */
export function endsWithLogin(grant: Grant, client: Client | undefined): boolean {
  if (grant.lasting !== undefined) return grant.lasting === 'login'
  if (client === undefined) return !isOffline(grant.scope)
  return lastingOf(client, grant.scope) === 'login' && !madeByPassword(grant, client)
}

// The password grant type proves the person in the very second in which it issues the first token. A code is nearly
// always redeemed later than the login.
function madeByPassword({ profiles, auth_time }: Grant, client: Client): boolean {
  return client.grant_types.has('password') && profiles[0]?.since === auth_time
}
