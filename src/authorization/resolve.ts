import type { AllowedResources } from '../clients/allowed-resources.ts'
import type { Clients } from '../clients/client.ts'
import type { DocumentClients } from '../clients/documents/document-clients.ts'
import { isDocumentUrl } from '../clients/documents/document-url.ts'
import { ClientBlocked } from '../clients/refusals.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import { type AuthorizationRequest, type ResponseAddress, readAddress, readRequest } from './request.ts'
import type { SectorDocuments } from './sector-documents.ts'
import { resolveTarget, type Target } from './target.ts'

/** What a request's parameters turned out to be. Only `request` may go on. */
export type Resolved =
  | { kind: 'page'; error: OAuthError }
  | { kind: 'blocked'; error: OAuthError }
  | { kind: 'redirect'; address: ResponseAddress; error: OAuthError }
  | { kind: 'request'; request: AuthorizationRequest }

/**
 * The only way in for an authorization request: read from its parameters each time, never stored. `back`: the request's
 * own path and query; `address`: whence it came; `now` in seconds. Faults that are not the client's (a store that is down) are thrown.
 */
export type ResolveRequest = (
  sent: { parameters: Parameters; back: string; address: string },
  now: number,
) => Promise<Resolved>

/** Resolves requests of these clients. */
export function requestResolver(context: {
  clients: Clients
  /** Absent if clients are not described by documents here. */
  documents?: Pick<DocumentClients, 'ask'> | undefined
  sectors: SectorDocuments
  signing: SigningKeys
  allowed: AllowedResources
  scopes: ScopeClaims
}): ResolveRequest {
  const { clients, documents, sectors, signing, allowed, scopes } = context

  // OpenID Connect Core §3.1.2.1: whom an ID token of ours names; that it has expired does no harm.
  const hintedSubject = async (hint: string, { client }: Target): Promise<string> => {
    const verified = await signing.verify(hint)
    const { aud, sub, client_id } = verified?.payload ?? {}
    // An access token may have the same type; it names a client beside its audience.
    const isIdToken = verified?.typ === 'JWT' && client_id === undefined
    if (isIdToken && aud === client.client_id && sub !== undefined) return sub
    throw new OAuthError('invalid_request', 'id_token_hint is not an ID token of this server for this client')
  }

  // Whoever an operator has registered is who they say, whatever stands at the address (§6.2 of the draft).
  const findAsking = async (client_id: string, address: string, now: number) => {
    const found = await clients.find(client_id)
    const isDescribed = found === undefined ? isDocumentUrl(client_id) : found.introduced?.document
    if (documents && isDescribed) return documents.ask(client_id, { address, now })
    const rule = found === undefined ? await clients.blockedBy(client_id) : undefined
    if (rule !== undefined) throw new ClientBlocked(client_id, rule)
    return found
  }

  return async ({ parameters, back, address: asker }, now) => {
    let address: ResponseAddress | undefined
    try {
      const target = await resolveTarget((client_id) => findAsking(client_id, asker, now), parameters)
      await sectors.check(target.client, now)
      address = readAddress(target, parameters)
      const resource = allowed.read(parameters)
      if (resource !== undefined) await allowed.require(target.client, resource)
      const request = readRequest(target, { parameters, back, resource }, { scopes, allowed })
      const hint = parameters.one('id_token_hint')
      if (hint !== undefined) {
        const subject = await hintedSubject(hint, target)
        // OpenID Connect Core §5.5.1: the answer is about one person, whom both must mean.
        if (request.subjects?.includes(subject) === false)
          throw new OAuthError('invalid_request', 'id_token_hint and claims ask for different people')
        request.subjects = [subject]
      }
      return { kind: 'request', request }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      if (error instanceof ClientBlocked) return { kind: 'blocked', error }
      return address === undefined ? { kind: 'page', error } : { kind: 'redirect', address, error }
    }
  }
}
