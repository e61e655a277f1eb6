import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { grantableScope } from '../grants/admission.ts'
import type { Grant } from '../grants/grant.ts'
import { bearerToken, challenge } from '../http/bearer.ts'
import type { Journal } from '../journal/journal.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { OAuthError } from '../protocol/errors.ts'
import { OWN_RESOURCE, resourcesOf } from '../protocol/resource.ts'
import { scopeTokens, scopeWithin } from '../protocol/scope.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { TokenInspector } from '../tokens/inspector.ts'
import { pickClaims } from '../tokens/person-claims.ts'
import type { User } from '../users/user.ts'
import { resourceMetadataUrl } from './protected-resource.ts'

export interface UserinfoContext {
  inspector: TokenInspector
  signing: SigningKeys
  subjects: Subjects
  scopeClaims: ScopeClaims
  journal: Journal
  issuer: string
  now: () => number
}

/**
 * `GET`, `HEAD` and `POST /oauth/userinfo` (OpenID Connect Core §5.3): the claims that the access token's grant allows.
 * A POST may have any body, but a token is read from a form only (RFC 6750 §2.2).
 */
export function registerUserinfo(app: FastifyInstance, context: UserinfoContext): void {
  // Any other body is read and dropped, so that the limit of bodies holds for it too.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))
  const metadata = resourceMetadataUrl(context.issuer, '/oauth/userinfo')
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('cache-control', 'no-store')
    try {
      const token = bearerToken(request)
      if (token !== undefined) return send(reply, await describe(request, token, context))
    } catch (error) {
      if (error instanceof OAuthError) {
        const scope = error.error === 'insufficient_scope' ? 'openid' : undefined
        challenge(reply, { metadata, error, scope })
      }
      throw error
    }
    challenge(reply, { metadata })
    throw new OAuthError('invalid_token', 'send the access token as Bearer')
  }
  app.get('/oauth/userinfo', { exposeHeadRoute: true }, handler)
  app.post('/oauth/userinfo', handler)
}

function send(reply: FastifyReply, answer: Record<string, unknown> | string): FastifyReply {
  if (typeof answer === 'string') return reply.type('application/jwt').send(answer)
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer))
}

/** The claims, as members or as a signed JWT if the client asked for one (§5.3.2). Throws `OAuthError`. */
async function describe(
  request: FastifyRequest,
  text: string,
  { inspector, signing, subjects, scopeClaims, journal, issuer, now }: UserinfoContext,
): Promise<Record<string, unknown> | string> {
  const opened = await inspector.open(text)
  const inspected = opened?.kind === 'access_token' ? await inspector.inspect(opened, now()) : undefined
  journal.record(request, inspected?.events ?? [])
  const token = inspected?.token
  if (token?.user === undefined || token.grant === undefined) {
    throw new OAuthError('invalid_token', 'the access token is unknown, expired or revoked')
  }
  const { client, user, grant } = token
  const { scope, resource } = token.terms
  // RFC 8707 §3: whoever a token is for must not get at what it is not for.
  if (!resourcesOf(resource).includes(OWN_RESOURCE)) {
    throw new OAuthError('invalid_token', 'the access token is for another resource', {
      client_id: client.client_id,
    })
  }
  if (!scope.split(' ').includes('openid')) {
    throw new OAuthError('insufficient_scope', 'userinfo needs an access token with the scope openid', {
      client_id: client.client_id,
    })
  }
  const names = [...scopeClaims.ofScope(scope), ...claimsByName({ client, user, grant, scope }, scopeClaims)]
  const claims = { ...pickClaims(client, user, names), sub: subjects.of(client, user.sub) }
  const alg = client.userinfo_signed_response_alg
  if (alg === undefined) return claims
  // No `typ`: with `JWT` it could be passed off as an ID token, and clients' libraries know no other type for it.
  return signing.sign(alg, undefined, { ...claims, iss: issuer, aud: client.client_id })
}

/**
 * The claims asked for by name (§5.5), beside those of the scope, as far as the client may ask for them, and the person grant them, today. A scope that
 * a refresh left out (RFC 6749 §6) does not come back by name: such a token was narrowed to be handed on.
 */
function claimsByName(
  { client, user, grant, scope }: { client: Client; user: User; grant: Grant; scope: string },
  scopeClaims: ScopeClaims,
) {
  const allowed = scopeTokens(grantableScope(client.scope, user)).filter(
    (name) => scopeWithin(name, scope) || !scopeWithin(name, grant.scope),
  )
  return scopeClaims.within(grant.claims?.userinfo ?? [], allowed.join(' '))
}
