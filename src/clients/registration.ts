import type { Fail } from '../config/config-error.ts'
import type { Client } from './client.ts'
import { type ClientTerms, readAuthentication } from './registration/authentication.ts'
import { readClaimSettings } from './registration/claims.ts'
import { readFlows } from './registration/flows.ts'
import { readIdentity } from './registration/identity.ts'
import { readConsentLifetimes, readLifetimes } from './registration/lifetimes.ts'
import { readLinks } from './registration/links.ts'
import { readLogout } from './registration/logout.ts'
import { readOwnTokens } from './registration/own-tokens.ts'
import { readScopes } from './registration/scopes.ts'
import { readSector } from './registration/sector.ts'
import { readTokens } from './registration/tokens.ts'
import type { Rules } from './rules.ts'

/**
 * Makes a client of an entry whose form has been checked: fills in defaults and holds the fields against each other
 * and against the rules. The only way to a client, wherever the entry is from. Throws what `fail` throws.
 */
export function registerClient(entry: ClientTerms, rules: Rules, fail: Fail): Client {
  return {
    ...readIdentity(entry, rules, fail),
    skip_consent: entry.skip_consent ?? false,
    trust_loopback: entry.trust_loopback ?? false,
    allow_plain_pkce: entry.allow_plain_pkce ?? false,
    ...readAuthentication(entry, rules, fail),
    ...readScopes(entry, fail),
    ...readFlows(entry, rules, fail),
    ...readOwnTokens(entry, rules, fail),
    ...readLinks(entry, fail),
    ...readTokens(entry),
    ...readClaimSettings(entry, rules, fail),
    ...readSector(entry, rules, fail),
    ...readLogout(entry, rules, fail),
    lifetimes: readLifetimes(entry, rules),
    consent_lifetimes: readConsentLifetimes(entry, rules, fail),
  }
}
