import type { FoundGrant } from '../grants/found-grant.ts'
import type { Grants } from '../grants/grants.ts'
import { lastingOf } from '../grants/lasting.ts'
import type { NewGrant } from '../grants/new-grant.ts'
import { gives } from '../protocol/response-type.ts'
import type { Account } from '../sessions/session.ts'
import type { Issuer, TokenResponse } from '../tokens/issuer.ts'
import type { User } from '../users/user.ts'
import type { AuthorizationRequest } from './request.ts'
import type { ResponseParameters } from './response.ts'

/** What an approval gives, the grant that stands behind it, where there is one, and those that gave way to it. */
export interface Made {
  parameters: ResponseParameters
  grant_id: string | undefined
  ended: readonly FoundGrant[]
}

interface Codes {
  code?: string
  token?: TokenResponse
  grant_id?: string
  ended: readonly FoundGrant[]
}

/** Makes what a response type promises (OAuth 2.0 Multiple Response Type Encoding Practices). */
export class AnswerMaker {
  readonly #grants: Grants
  readonly #issuer: Issuer

  constructor(context: { grants: Grants; issuer: Issuer }) {
    this.#grants = context.grants
    this.#issuer = context.issuer
  }

  /** Creates the grant where one is needed, and everything that the browser takes to the client. */
  async make(
    request: AuthorizationRequest,
    { account, user }: { account: Account; user: User },
    now: number,
  ): Promise<Made> {
    const { state, scope, response_type, nonce, claims } = request
    const { client } = request.target
    const { code, token, ...made } = await this.#codes(request, { account, user }, now)
    const { grant_id, ended } = made
    const access = token && {
      access_token: token.access_token,
      token_type: token.token_type,
      expires_in: String(token.expires_in),
    }
    const parameters: ResponseParameters = { state, code, ...access }
    if (!gives(response_type, 'id_token')) {
      return { parameters: response_type === 'none' ? parameters : { ...parameters, scope }, grant_id, ended }
    }
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
    const id_token = await this.#issuer.idToken({ client, user, grant }, companions, now)
    return { parameters: { ...parameters, id_token, ...((code ?? token) && { scope }) }, grant_id, ended }
  }

  async #codes(
    request: AuthorizationRequest,
    { account, user }: { account: Account; user: User },
    now: number,
  ): Promise<Codes> {
    const { target, response_type, challenge_digest } = request
    const { client, redirect_uri, redirect_uri_sent } = target
    const { lifetimes } = client
    const wantsCode = gives(response_type, 'code')
    const approval = approvalOf(request, account, now)
    const code = (grant_id: string) =>
      this.#issuer.code(
        grant_id,
        { redirect_uri, redirect_uri_sent, challenge_digest },
        approval.code_expires_at,
      )
    if (gives(response_type, 'token')) {
      const options = { code: wantsCode, refresh: false, lifetimes }
      const { id, grant, tokens, ended } = await this.#grants.createWithToken(approval, options, now)
      const token = await this.#issuer.accessToken(client, { grant_id: id, grant, user, tokens }, now)
      return { grant_id: id, token, ended, ...(wantsCode && { code: code(id) }) }
    }
    if (!wantsCode) return { ended: [] }
    const { id, ended } = await this.#grants.create(approval, now)
    return { grant_id: id, code: code(id), ended }
  }
}

function approvalOf(request: AuthorizationRequest, account: Account, now: number): NewGrant {
  const { scope, nonce, claims, target } = request
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
    auth_time,
    amr,
    credential,
    nonce,
    claims,
    code_expires_at: now + code_ttl,
    grant_max_ttl,
  }
}
