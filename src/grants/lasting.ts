import { type Client, isNative } from '../clients/client.ts'
import { type Grant, isOffline, type Lasting } from './grant.ts'

/**
 * How a grant that a browser's login gives will last: what the consent page says, and the grant keeps. A native
 * application is no part of the browser: who logs out of a website does not mean the tool on their machine.
 */
export function lastingOf(client: Client, scope: string): Lasting {
  return isOffline(scope) || isNative(client) ? 'standing' : 'login'
}

/**
 * Whether a log-out takes this grant. A record from before the fact was kept is judged by what its client may do.
 * `client`: the grant's, undefined if it is unknown here.
 */
export function endsWithLogin(grant: Grant, client: Client | undefined): boolean {
  if (grant.lasting !== undefined) return grant.lasting === 'login'
  if (client === undefined) return !isOffline(grant.scope)
  return lastingOf(client, grant.scope) === 'login' && !madeByPassword(grant, client)
}

// The password grant proves the person in the very second in which it issues its first token; a code is redeemed later
// than the login, as a rule.
function madeByPassword({ profiles, auth_time }: Grant, client: Client): boolean {
  return client.grant_types.has('password') && profiles[0]?.since === auth_time
}
