import type { AllowedResources } from '../clients/allowed-resources.ts'
import type { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import { admits, grantableScope } from '../grants/admission.ts'
import { revokedEvent } from '../grants/found-grant.ts'
import { findGrantor } from '../grants/grantor.ts'
import type { Grants } from '../grants/grants.ts'
import type { RefreshAnswer } from '../grants/refresh.ts'
import { type ErrorCode, OAuthError } from '../protocol/errors.ts'
import { type RequestedTerms, readTerms } from '../protocol/terms.ts'
import type { Keys } from '../secrets/keys.ts'
import { openRefreshToken } from '../tokens/layouts.ts'
import { DISABLED } from '../users/standing.ts'
import type { User, Users } from '../users/user.ts'
import type { GrantType, Proven, Prover } from './grant-type.ts'
import { notAllowed, OTHER_RESOURCE } from './not-allowed.ts'

interface RefreshRequest {
  refresh_token: string
  requested: RequestedTerms
}

/** What a refusal says. `reused` and the successes are handled apart. */
const REFUSALS: Record<
  Exclude<RefreshAnswer['result'], 'issued' | 'replayed' | 'reused'>,
  [ErrorCode, string]
> = {
  unknown: ['invalid_grant', 'the refresh token is unknown or was revoked'],
  expired: ['invalid_grant', 'the refresh token has expired'],
  superseded: ['invalid_grant', 'the refresh token was replaced by a newer one'],
  resource_widened: ['invalid_target', OTHER_RESOURCE],
  scope_widened: ['invalid_scope', 'nothing of this scope was granted, or openid was not'],
}

/** RFC 6749 §6, with rotation for every client (RFC 9700 §4.14.2). The scope never widens: what goes beyond is left out. */
export const REFRESH_TOKEN: GrantType = {
  grant_type: 'refresh_token',
  prover,
}

function prover(context: {
  keys: Keys
  grants: Grants
  users: Users
  narrowed: NarrowedScopes
  allowed: AllowedResources
}): Prover<RefreshRequest> {
  const { keys, grants, users, narrowed, allowed } = context
  return {
    readRequest({ parameters }) {
      const requested = readTerms(parameters, allowed.read(parameters))
      return { refresh_token: parameters.required('refresh_token'), requested }
    },

    async prove(request, client, now) {
      const token = openRefreshToken(keys, request.refresh_token)
      if (token === undefined) return refused('unknown')
      const { grant_id, generation } = token
      const grant = await grants.find(grant_id, now)
      // RFC 6749 §6: bound to the client that it was issued to. The words are those for an unknown token: a stranger must
      // not learn that it is somebody's.
      if (grant?.client_id !== client.client_id) return refused('unknown')
      const grantor = await findGrantor(users, grant, client)
      // Checked before the generation: a node that does not know the person neither rotates, replays nor accuses.
      if (grantor.result === 'refused') return refused('unknown', grantor.reason)
      if (grantor.result === 'disabled') {
        await grants.revoke(grant_id, grant.sub)
        return { ...refused('unknown', DISABLED), events: [revokedEvent({ id: grant_id, grant }, DISABLED)] }
      }
      const { user } = grantor
      if (!admits(client, user)) return notAllowed(client, grant.sub, grant_id)
      const { requested } = request
      const resource = requested.resource ?? grant.resource
      if (resource !== undefined) await allowed.require(client, resource)
      const client_scope = allowed.scopeAt(resource, grantableScope(client.scope, user))
      const lifetimes = allowed.lifetimesAt(resource, client)
      const input = { generation, requested, client_scope, lifetimes }
      const answer = await grants.refresh({ id: grant_id, grant }, input, now)
      const { client_id } = client
      const about = { client_id, sub: grant.sub, grant_id }
      if (answer.result === 'issued' || answer.result === 'replayed') {
        const { scope } = requested
        const left = scope === undefined ? [] : narrowed.events(client_id, scope, answer.tokens.terms.scope)
        const replayed = answer.result === 'replayed' && { event: 'refresh_replayed' as const, ...about }
        return issued({ grant_id, user }, answer, replayed ? [replayed, ...left] : left)
      }
      if (answer.result !== 'reused') return refused(answer.result)
      return {
        outcome: 'refused',
        error: new OAuthError(
          'invalid_grant',
          'the refresh token was used before; the login it came from is revoked',
        ),
        events: [{ event: 'refresh_reuse_detected', ...about }],
      }
    },
  }
}

function issued(
  { grant_id, user }: { grant_id: string; user: User },
  answer: RefreshAnswer & { result: 'issued' | 'replayed' },
  events: Proven['events'],
): Proven {
  const { grant, tokens } = answer
  return { outcome: 'grant', grant_id, grant, user, tokens, events }
}

/** `detail` is only for the log. */
function refused(result: keyof typeof REFUSALS, detail?: string): Proven & { outcome: 'refused' } {
  const [code, description] = REFUSALS[result]
  const error = new OAuthError(code, description, detail === undefined ? {} : { detail })
  return { outcome: 'refused', error, events: [] }
}
