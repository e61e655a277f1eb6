import type { AuthenticateClient } from '../clients/authenticate.ts'
import type { Client } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/registry.ts'
import type { SecurityEvent } from '../events/events.ts'
import { OAuthError } from '../protocol/errors.ts'
import { namedTerms } from '../protocol/terms.ts'
import type { Issuer, TokenResponse } from '../tokens/issuer.ts'
import type { Proven, ProverContext, TokenRequest } from './grant-type.ts'
import { GRANT_TYPES, isOffered } from './index.ts'

/** What a token request led to, and its events. */
export interface TokenResult {
  result: TokenResponse | OAuthError
  events: readonly SecurityEvent[]
}

/** The token endpoint without HTTP. `now` in seconds. Throws `OAuthError`. */
export type TokenPipeline = (request: TokenRequest, now: number) => Promise<TokenResult>

/**
 * The phases that every grant type shares, in their one order: which grant type is it, who is the client, may it use the
 * grant type, are the parameters well-formed, prove the grant, mint. A grant type can neither skip nor reorder a phase.
 */
export function tokenPipeline(
  context: ProverContext & {
    clients: ClientRegistry
    authenticateClient: AuthenticateClient
    issuer: Issuer
  },
): TokenPipeline {
  const { clients, authenticateClient, issuer } = context
  const provers = GRANT_TYPES.flatMap(({ prover, ...grantType }) =>
    prover === undefined ? [] : [{ ...grantType, ...prover(context) }],
  )

  return async (request, now) => {
    const grantType = requireGrantType(request.parameters.required('grant_type'))
    const client = await authenticateClient(request, now)
    try {
      // RFC 6749 §5.2: the authenticated client is not authorized to use this grant type.
      if (!client.grant_types.has(grantType.grant_type)) {
        throw new OAuthError('unauthorized_client', `this client may not use ${grantType.grant_type}`, {
          detail: `${grantType.grant_type} is not one of ${[...client.grant_types].join(' ')}`,
        })
      }
      const proven = await grantType.prove(grantType.readRequest(request), client, now)
      if (proven.outcome === 'refused') {
        proven.error.client_id = client.client_id
        return { result: proven.error, events: proven.events }
      }
      const minted = mint(client, proven, now)
      // Awaited only if something has to be signed: most requests need no signature.
      const response = minted instanceof Promise ? await minted : minted
      return {
        result: response,
        events: [...proven.events, issuedEvent(client, grantType, proven)],
      }
    } catch (error) {
      if (error instanceof OAuthError) error.client_id = client.client_id
      throw error
    }
  }

  function requireGrantType(name: string) {
    const grantType = provers.find(({ grant_type }) => grant_type === name)
    const usage = clients.usage()
    if (grantType !== undefined && isOffered(grantType, usage)) return grantType
    const names = provers.filter((known) => isOffered(known, usage)).map(({ grant_type }) => grant_type)
    throw new OAuthError('unsupported_grant_type', `grant_type is one of ${names.join(', ')}`)
  }

  function mint(client: Client, proven: Exclude<Proven, { outcome: 'refused' }>, now: number) {
    if (proven.outcome === 'client') return issuer.clientToken(client, proven.terms, now)
    return issuer.grantTokens(client, proven, now)
  }
}

function issuedEvent(
  { client_id }: Client,
  { grant_type }: { grant_type: string },
  proven: Exclude<Proven, { outcome: 'refused' }>,
): SecurityEvent {
  if (proven.outcome === 'client')
    return { event: 'token_issued', client_id, grant_type, ...namedTerms(proven.terms) }
  const { grant_id, tokens } = proven
  const { sub } = proven.grant
  return { event: 'token_issued', client_id, grant_type, sub, grant_id, ...namedTerms(tokens.terms) }
}
