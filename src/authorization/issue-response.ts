import type { AllowedResources } from '../clients/allowed-resources.ts'
import type { FoundGrant } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import { lastingOf } from '../grants/lasting.ts'
import type { NewGrant } from '../grants/new-grant.ts'
import { capped } from '../grants/prepare.ts'
import type { Visitor } from '../logins/visitors.ts'
import { gives } from '../protocol/response-type.ts'
import type { Account } from '../sessions/session.ts'
import type { Issuer, TokenResponse } from '../tokens/issuer.ts'
import type { AuthorizationRequest } from './request.ts'
import type { AuthorizationResponse } from './response.ts'

/** A response, the grant that stands behind it, if there is one, and the grants that gave way to that one. */
export interface IssuedResponse {
  response: AuthorizationResponse
  grant_id: string | undefined
  ended: readonly FoundGrant[]
}

interface CodeAndToken {
  code?: string
  token?: TokenResponse
  grant_id?: string
  ended: readonly FoundGrant[]
}

/**
 * Creates the grant, if one is needed, and everything that the browser takes to the client: what the response type
 * promises (OAuth 2.0 Multiple Response Type Encoding Practices). Times in seconds; `approved_at` as in `Grant`, `ends_at` as in `NewGrant`.
 */
export type IssueResponse = (
  request: AuthorizationRequest,
  visitor: Visitor,
  times: Times,
) => Promise<IssuedResponse>

interface Times {
  now: number
  approved_at: number | undefined
  ends_at: number | undefined
}

interface Context {
  grants: Grants
  allowed: Pick<AllowedResources, 'lifetimesAt'>
  issuer: Issuer
}

/** Issues responses whose grants are in the store. */
export function responseIssuer(context: Context): IssueResponse {
  return async (request, visitor, times) => {
    const { now } = times
    const { state, scope, response_type } = request
    const { code, token, grant_id, ended } = await issueCodeAndToken(request, visitor, times, context)
    const access = token && {
      access_token: token.access_token,
      token_type: token.token_type,
      expires_in: String(token.expires_in),
    }
    const issued = { state, code, ...access }
    if (gives(response_type, 'id_token')) {
      const id_token = await issueIdToken(request, visitor, { code, token }, now, context)
      return { response: { ...issued, id_token, ...((code ?? token) && { scope }) }, grant_id, ended }
    }
    return { response: response_type === 'none' ? issued : { ...issued, scope }, grant_id, ended }
  }
}

function issueIdToken(
  { target, state, scope, response_type, nonce, claims }: AuthorizationRequest,
  { account, user }: Visitor,
  { code, token }: Pick<CodeAndToken, 'code' | 'token'>,
  now: number,
  { issuer }: Context,
): Promise<string> {
  const { sid, auth_time, amr } = account
  const grant = { sid, auth_time, amr, claims }
  const companions = {
    nonce,
    code,
    access_token: token?.access_token,
    state: code === undefined ? undefined : state,
    // OpenID Connect Core §5.4: without an access token the scopes' claims come in the ID token.
    scope: response_type === 'id_token' ? scope : undefined,
  }
  return issuer.idToken({ client: target.client, user, grant }, companions, now)
}

async function issueCodeAndToken(
  request: AuthorizationRequest,
  { account, user }: Visitor,
  times: Times,
  { grants, allowed, issuer }: Context,
): Promise<CodeAndToken> {
  const { now, approved_at } = times
  const { target, response_type, challenge_digest } = request
  const { client, redirect_uri, redirect_uri_sent } = target
  const lifetimes = allowed.lifetimesAt(request.resource, client)
  const wantsCode = gives(response_type, 'code')
  const newGrant = { ...newGrantOf(request, account, times), approved_at }
  const code = (grant_id: string) =>
    issuer.code(grant_id, { redirect_uri, redirect_uri_sent, challenge_digest }, newGrant.code_expires_at)
  if (gives(response_type, 'token')) {
    const options = { code: wantsCode, refresh: false, lifetimes }
    const { id, grant, tokens, ended } = await grants.createWithToken(newGrant, options, now)
    const token = await issuer.accessToken(client, { grant_id: id, grant, user, tokens }, now)
    return { grant_id: id, token, ended, ...(wantsCode && { code: code(id) }) }
  }
  if (!wantsCode) return { ended: [] }
  const { id, ended } = await grants.create(newGrant, now)
  return { grant_id: id, code: code(id), ended }
}

function newGrantOf(request: AuthorizationRequest, account: Account, { now, ends_at }: Times): NewGrant {
  const { scope, resource, nonce, claims, target } = request
  const { client_id, lifetimes } = target.client
  const { sub, sid, auth_time, amr, credential } = account
  const { authorization_code_ttl, grant_max_ttl } = lifetimes
  // No code outlives its grant.
  const code_ttl =
    grant_max_ttl > 0 ? Math.min(authorization_code_ttl, grant_max_ttl) : authorization_code_ttl
  return {
    client_id,
    sub,
    sid,
    lasting: lastingOf(target.client, scope),
    scope,
    resource,
    auth_time,
    amr,
    credential,
    nonce,
    claims,
    code_expires_at: capped(now + code_ttl, ends_at ?? null),
    grant_max_ttl,
    ends_at,
  }
}
