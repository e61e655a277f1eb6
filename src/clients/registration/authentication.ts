import { type Fail, MAKE_HASH } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { passwordHashProblem } from '../../passwords/password-hash.ts'
import { MOMENT, readMoment } from '../../protocol/moment.ts'
import type { Client, TokenEndpointAuthMethod } from '../client.ts'
import type { Rules } from '../rules.ts'
import { type ClientSecret, type NamedSecret, severalSecrets } from '../secret.ts'
import { grantTypesOf } from './grant-types.ts'
import { readKeys } from './keys.ts'

/** How the client proves who it is, and what it may therefore do: a public one (RFC 6749 §2.1) cannot prove it. */
export function readAuthentication(
  entry: ClientTerms,
  rules: Rules,
  fail: Fail,
): Pick<Client, 'secret' | 'keys' | 'auth_methods' | 'require_pkce' | 'introspect_any'> {
  const keys = readKeys(entry, rules, fail)
  const secret = secretsOf(entry, rules, fail)
  if (keys !== undefined && secret !== undefined)
    fail('token_endpoint_auth_method', 'private_key_jwt contradicts the secret; remove one of them')
  const isPublic = secret === undefined && keys === undefined
  if (isPublic) checkPublic(entry, rules, fail)
  return {
    secret,
    keys,
    auth_methods: isPublic ? ['none'] : authMethods(entry, fail),
    require_pkce: entry.require_pkce ?? isPublic,
    introspect_any: entry.introspect_any ?? false,
  }
}

/** One of several secrets, as it is given: in clear, or as what is kept of it. */
export interface GivenSecret {
  name: string
  client_secret?: string
  client_secret_hash?: string
  /** SHA-256, hexadecimal: only what we have made has it. */
  client_secret_digest?: string
  until?: string
}

/** What a client is registered from, wherever it is from. */
export type ClientTerms = Omit<ClientEntry, 'client_secrets'> & { client_secrets?: GivenSecret[] }

const MAX_HASHED = 4

function secretsOf(entry: ClientTerms, rules: Rules, fail: Fail): ClientSecret | undefined {
  const { client_secret, client_secret_hash, client_secrets } = entry
  const given = [client_secret, client_secret_hash, client_secrets].filter((one) => one !== undefined)
  if (given.length > 1) fail('client_secret_hash', 'give one secret, or several under client_secrets')
  refuseHash(client_secret_hash, (problem) => fail('client_secret_hash', problem))
  if (client_secrets === undefined) return rules.secretOf(entry)
  const names = new Set(client_secrets.map(({ name }) => name))
  if (names.size < client_secrets.length) fail('client_secrets', 'has two secrets of one name')
  // Each costs a hash at a wrong guess, of the few that all clients have together.
  if (client_secrets.filter(isHashed).length > MAX_HASHED)
    fail('client_secrets', `has more than ${MAX_HASHED} hashes; two are enough to change over`)
  // In clear before hashed: a hash costs a moment until it is known.
  const inOrder = client_secrets.toSorted((one, other) => Number(isHashed(one)) - Number(isHashed(other)))
  const secrets = inOrder.map((one): NamedSecret => {
    const { client_secret, client_secret_hash, client_secret_digest } = one
    if (
      [client_secret, client_secret_hash, client_secret_digest].filter((kept) => kept !== undefined)
        .length !== 1
    )
      fail('client_secrets', `${one.name} needs client_secret or client_secret_hash, and not both`)
    refuseHash(client_secret_hash, (problem) =>
      fail('client_secrets', `${one.name} has a client_secret_hash that ${problem}`),
    )
    const until = one.until === undefined ? undefined : readMoment(one.until)
    if (one.until !== undefined && until === undefined)
      fail('client_secrets', `${one.name} has an until that is not ${MOMENT}`)
    return { secret: rules.secretOf(one) as ClientSecret, until }
  })
  return severalSecrets(secrets, rules.now)
}

function refuseHash(hash: string | undefined, fail: (problem: string) => never): void {
  const problem = hash === undefined ? undefined : passwordHashProblem(hash)
  if (problem !== undefined) fail(`${problem}; ${MAKE_HASH}`)
}

function isHashed({ client_secret_hash }: GivenSecret): boolean {
  return client_secret_hash !== undefined
}

function checkPublic(entry: ClientEntry, rules: Rules, fail: Fail): void {
  const { token_endpoint_auth_method: method = 'none' } = entry
  for (const { grant_type, confidential } of grantTypesOf(entry, rules, fail)) {
    if (confidential) fail('grant_types', `${grant_type} needs a client_secret, or private_key_jwt`)
  }
  if (entry.introspect_any) fail('introspect_any', 'needs a client_secret, or private_key_jwt')
  if (entry.require_pkce === false) fail('require_pkce', 'a client without a secret must use PKCE')
  if (method !== 'none') fail('token_endpoint_auth_method', `${method} needs a secret`)
}

function authMethods(
  { token_endpoint_auth_method: method }: ClientEntry,
  fail: Fail,
): readonly TokenEndpointAuthMethod[] {
  if (method === 'none') fail('token_endpoint_auth_method', 'none contradicts the secret; remove one of them')
  // Not specified: both are allowed. Many libraries know only one of them, and both carry the same secret over TLS.
  return method === undefined ? ['client_secret_basic', 'client_secret_post'] : [method]
}
