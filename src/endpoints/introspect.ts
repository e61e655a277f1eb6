import type { FastifyInstance } from 'fastify'
import { authenticateClient } from '../clients/authenticate.ts'
import { type Clients, isPublic } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { formOf } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import { claimsOfScope } from '../protocol/claims.ts'
import { OAuthError } from '../protocol/errors.ts'
import { pickClaims } from '../tokens/id-token.ts'
import type { ActiveToken, Inspected, TokenInspector } from '../tokens/inspector.ts'

const RESPONSE = {
  type: 'object',
  required: ['active'],
  properties: {
    active: { type: 'boolean' },
    scope: { type: 'string' },
    client_id: { type: 'string' },
    username: { type: 'string' },
    email: { type: 'string' },
    email_verified: { type: 'boolean' },
    sub: { type: 'string' },
    token_type: { type: 'string' },
    exp: { type: 'integer' },
    iat: { type: 'integer' },
    iss: { type: 'string' },
    aud: { type: 'string' },
    jti: { type: 'string' },
  },
} as const

const NOTHING: Inspected = { token: undefined, events: [] }

/**
 * `POST /oauth/introspect` (RFC 7662), for confidential clients. A client asks about its own tokens; one marked
 * `introspect_any`, as a resource server is, about anybody's access tokens. The hint is not needed: a token says what it
 * is.
 */
export function registerIntrospect(
  app: FastifyInstance,
  context: {
    clients: Clients
    inspector: TokenInspector
    subjects: Subjects
    journal: Journal
    issuer: string
    now: () => number
  },
): void {
  const { clients, inspector, journal } = context
  app.post('/oauth/introspect', { schema: { response: { 200: RESPONSE } } }, async (request, reply) => {
    const now = context.now()
    const parameters = formOf(request)
    const asking = await authenticateClient(clients, request.headers.authorization, parameters)
    if (isPublic(asking)) throw new OAuthError('invalid_client', 'introspection needs a client with a secret')
    const opened = await inspector.open(parameters.required('token'))
    const { token, events } = opened ? await inspector.inspect(opened, now) : NOTHING
    journal.record(request, events)
    reply.header('cache-control', 'no-store')
    // RFC 7662 §2.2: why a token is not active is nobody's business, and neither is somebody else's token. To a
    // resource server a refresh token is none (§4): it would work as a bearer token wherever only `active` is looked at.
    const any = asking.introspect_any && opened?.kind !== 'refresh_token'
    if (token === undefined || !(any || token.client.client_id === asking.client_id)) return { active: false }
    return describe(token, context)
  })
}

// Whoever asks, the answer says what the token's own client may know, and no more.
function describe(token: ActiveToken, { issuer, subjects }: { issuer: string; subjects: Subjects }) {
  const { client, scope, user, token_type, expires_at, issued_at, jti } = token
  return {
    active: true,
    scope,
    client_id: client.client_id,
    ...aboutPerson(token),
    // RFC 9068 §2.2 for the same case: a token of the client itself has the client as its subject.
    sub: user === undefined ? client.client_id : subjects.of(client, user.sub),
    token_type,
    exp: expires_at,
    iat: issued_at,
    iss: issuer,
    aud: issuer,
    jti,
  }
}

/**
 * The login name is part of the profile, and one with pairwise subjects must not learn what it shares with other sectors.
 * An email address links sectors too, but it was granted by its own name, and userinfo tells it as well.
 */
function aboutPerson({ client, scope, user }: ActiveToken) {
  if (user === undefined) return {}
  const scopes = scope.split(' ')
  const named = scopes.includes('profile') && client.sector === undefined
  return {
    ...(named && { username: user.username }),
    ...(scopes.includes('email') && pickClaims(user, claimsOfScope('email'))),
  }
}
