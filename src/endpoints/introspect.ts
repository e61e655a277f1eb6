import type { FastifyInstance } from 'fastify'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { isPublic } from '../clients/client.ts'
import type { Subjects } from '../clients/subjects.ts'
import { formOf } from '../http/form.ts'
import type { Journal } from '../journal/journal.ts'
import type { ScopeClaims } from '../protocol/claims.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Resources } from '../resources/resources.ts'
import type { ActiveToken, Inspected, TokenInspector } from '../tokens/inspector.ts'
import { pickClaims } from '../tokens/person-claims.ts'

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
 * `POST /oauth/introspect` (RFC 7662), for confidential clients. A client may ask about its own tokens; a client with
 * `introspect_any`, such as a resource server, about everybody's access tokens. The hint is not needed: a token says
 * itself what it is.
 */
export function registerIntrospect(
  app: FastifyInstance,
  context: {
    authenticateClient: AuthenticateClient
    inspector: TokenInspector
    subjects: Subjects
    scopeClaims: ScopeClaims
    resources: Resources
    journal: Journal
    issuer: string
    now: () => number
  },
): void {
  const { authenticateClient, inspector, journal } = context
  app.post('/oauth/introspect', { schema: { response: { 200: RESPONSE } } }, async (request, reply) => {
    const now = context.now()
    const { authorization } = request.headers
    const parameters = formOf(request)
    const asking = await authenticateClient({ authorization, parameters, address: request.ip }, now)
    if (isPublic(asking))
      throw new OAuthError('invalid_client', 'introspection needs a client that authenticates')
    const opened = await inspector.open(parameters.required('token'))
    const { token, events } = opened ? await inspector.inspect(opened, now) : NOTHING
    journal.record(request, events)
    reply.header('cache-control', 'no-store')
    // RFC 7662 §2.2: nobody learns why a token is not active, or that it is somebody else's. For a resource server a
    // refresh token is not active either (§4): it would pass as an access token wherever only `active` is checked.
    const any = asking.introspect_any && opened?.kind !== 'refresh_token'
    if (token === undefined || !(any || token.client.client_id === asking.client_id)) return { active: false }
    const answer = describe(token, context)
    return typeof answer === 'string' ? reply.type('application/json; charset=utf-8').send(answer) : answer
  })
}

// Whoever asks, the response says what the token's own client may know, and no more.
function describe(
  token: ActiveToken,
  {
    issuer,
    subjects,
    scopeClaims,
    resources,
  }: { issuer: string; subjects: Subjects; scopeClaims: ScopeClaims; resources: Resources },
) {
  const { client, terms, user, token_type, expires_at, issued_at, jti } = token
  const own = user === undefined ? client.claims : pickClaims(client, user, scopeClaims.ownOf(terms.scope))
  const answer = {
    active: true,
    scope: terms.scope,
    client_id: client.client_id,
    ...aboutPerson(token),
    // As in RFC 9068 §2.2: the subject of a token of the client itself is the client.
    sub: user === undefined ? client.client_id : subjects.of(client, user.sub),
    token_type,
    exp: expires_at,
    iat: issued_at,
    iss: issuer,
    aud: resources.audienceOf(terms.resource),
    jti,
  }
  // What the compiled answer does not know: several audiences, and names of one's own. None of those is a member of it:
  // registration has refused them.
  const unusual = Object.keys(own).length > 0 || typeof answer.aud !== 'string'
  return unusual ? JSON.stringify({ ...own, ...answer }) : answer
}

/**
 * The login name is part of the profile. A client with pairwise subjects must not learn it, because the name is the same
 * in every sector. An email address links sectors too, but it was granted by its own name, and userinfo tells it as well.
 */
function aboutPerson({ client, terms, user }: ActiveToken) {
  if (user === undefined) return {}
  const scopes = terms.scope.split(' ')
  const named = scopes.includes('profile') && client.sector === undefined
  return {
    ...(named && { username: user.username }),
    ...(scopes.includes('email') && pickClaims(client, user, ['email', 'email_verified'])),
  }
}
