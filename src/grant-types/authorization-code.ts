import { hash } from 'node:crypto'
import type { AllowedResources } from '../clients/allowed-resources.ts'
import type { Client } from '../clients/client.ts'
import { admits, grantableScope } from '../grants/admission.ts'
import { type FoundGrant, revokedEvent } from '../grants/found-grant.ts'
import { findGrantor } from '../grants/grantor.ts'
import type { Grants } from '../grants/grants.ts'
import { OAuthError } from '../protocol/errors.ts'
import { verifierDigest } from '../protocol/pkce.ts'
import { resourceWithin } from '../protocol/resource.ts'
import type { Terms } from '../protocol/terms.ts'
import type { Keys } from '../secrets/keys.ts'
import { type CodeFacts, openCode } from '../tokens/layouts.ts'
import { DISABLED } from '../users/standing.ts'
import type { User, Users } from '../users/user.ts'
import type { GrantType, Proven, Prover } from './grant-type.ts'
import { notAllowed, OTHER_RESOURCE } from './not-allowed.ts'

interface CodeRequest {
  code: string
  resource: readonly string[] | undefined
  redirect_uri: string | undefined
  verifier: Buffer | undefined
}

/** RFC 6749 §4.1.3 with RFC 7636 §4.5: a code is redeemed once, by its redirect URI and verifier. */
export const AUTHORIZATION_CODE: GrantType = {
  grant_type: 'authorization_code',
  subject: 'person',
  redirects: true,
  refreshable: true,
  prover,
}

function prover(context: {
  keys: Keys
  grants: Grants
  users: Users
  allowed: AllowedResources
}): Prover<CodeRequest> {
  const { keys, grants, users, allowed } = context
  return {
    readRequest({ parameters }) {
      const verifier = parameters.one('code_verifier')
      return {
        code: parameters.required('code'),
        resource: allowed.read(parameters),
        redirect_uri: parameters.one('redirect_uri'),
        verifier: verifier === undefined ? undefined : verifierDigest(verifier),
      }
    },

    async prove(request, client, now) {
      const code = openCode(keys, request.code)
      if (code === undefined) return refused('the code is unknown')
      if (code.expires_at <= now) return refused('the code has expired')
      const grant = await grants.find(code.grant_id, now)
      // RFC 6749 §4.1.3: issued to the authenticated client. A failed attempt never burns the code.
      if (grant?.client_id !== client.client_id)
        return refused('the code is unknown or was issued to another client')
      const mismatch = redirectProblem(code, request) ?? verifierProblem(code, request)
      if (mismatch !== undefined) return refused(mismatch)
      // RFC 8707 §2.2: the resources that were granted, or some of them. Checked before the code is used up.
      if (request.resource !== undefined && !resourceWithin(request.resource, grant.resource))
        throw new OAuthError('invalid_target', OTHER_RESOURCE)
      const resource = request.resource ?? grant.resource
      if (resource !== undefined) await allowed.require(client, resource)
      const found = { id: code.grant_id, grant }
      const grantor = await findGrantor(users, grant, client)
      const nothing = (user: User) => grant.scope !== '' && grantableScope(grant.scope, user) === ''
      if (grantor.result === 'entitled' && (!admits(client, grantor.user) || nothing(grantor.user)))
        return notAllowed(client, grant.sub, found.id)
      if (grantor.result === 'entitled') return redeemed(found, { client, user: grantor.user, resource }, now)
      // The code is not burnt if the person is unknown here: another node may know them.
      if (grantor.result === 'refused') return refused(GONE, grantor.reason)
      await grants.revoke(found.id, grant.sub)
      return { ...refused(GONE, DISABLED), events: [revokedEvent(found, DISABLED)] }
    },
  }

  async function redeemed(
    found: FoundGrant,
    { client, user, resource }: { client: Client; user: User; resource: Terms['resource'] },
    now: number,
  ): Promise<Proven> {
    const input = {
      resource,
      client_scope: allowed.scopeAt(resource, grantableScope(client.scope, user)),
      refresh: client.grant_types.has('refresh_token'),
      lifetimes: allowed.lifetimesAt(resource, client),
    }
    const answer = await grants.redeem(found, input, now)
    const grant_id = found.id
    if (answer.result === 'issued') {
      const { grant, tokens } = answer
      return { outcome: 'grant', grant_id, grant, user, tokens, events: [] }
    }
    if (answer.result === 'unknown') return refused('the code is unknown')
    const { client_id, sub } = answer.grant
    return {
      ...refused('the code was used before; everything issued for it is revoked'),
      events: [{ event: 'code_reuse_detected', client_id, sub, grant_id }],
    }
  }
}

// RFC 6749 §4.1.3: if the authorization request named the redirect URI, the token request must name the same one.
// RFC 9700 §2.1: PKCE, if it was used, replaces this check. A URI that is sent must be right in any case.
function redirectProblem(code: CodeFacts, request: CodeRequest): string | undefined {
  if (request.redirect_uri === undefined) {
    return code.redirect_uri_sent && code.challenge_digest === undefined
      ? 'redirect_uri is missing; send the one of the authorization request'
      : undefined
  }
  const same = hash('sha256', request.redirect_uri, 'buffer').equals(code.redirect_uri_digest)
  return same ? undefined : 'redirect_uri is not the one of the authorization request'
}

function verifierProblem(code: CodeFacts, request: CodeRequest): string | undefined {
  if (code.challenge_digest === undefined) {
    // RFC 9700 §2.1.1: otherwise a stripped challenge would go unnoticed (PKCE downgrade).
    return request.verifier && 'code_verifier is sent, but the authorization request had no code_challenge'
  }
  if (request.verifier === undefined) return 'code_verifier is missing'
  return request.verifier.equals(code.challenge_digest)
    ? undefined
    : 'code_verifier does not match code_challenge'
}

const GONE = 'the person who approved this can no longer log in'

/** `detail` is only for the log. */
function refused(description: string, detail?: string): Proven & { outcome: 'refused' } {
  const error = new OAuthError('invalid_grant', description, detail === undefined ? {} : { detail })
  return { outcome: 'refused', error, events: [] }
}
