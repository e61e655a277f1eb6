import type { FastifyInstance } from 'fastify'
import type { Clients } from '../clients/client.ts'
import { isInitialAccessToken } from '../clients/introduced/initial-access.ts'
import { applicationType, type NarrowedMetadata, narrowed } from '../clients/introduced/metadata.ts'
import { openId, sealId } from '../clients/introduced/sealed-id.ts'
import { blockedReason } from '../clients/refusals.ts'
import type { Journal } from '../journal/journal.ts'
import { readBearerCredentials } from '../protocol/bearer-credentials.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { RegistrationKeys } from '../registry/registration-keys.ts'
import type { Keys } from '../secrets/keys.ts'

/** Where clients register themselves. */
export const REGISTER = '/oauth/register'

export interface RegisterContext {
  /** Who may: anybody, or who has an initial access token. */
  registration: 'open' | 'token'
  registrationKeys: RegistrationKeys
  clients: Clients
  keys: Keys
  publicScopes: readonly string[]
  journal: Journal
  /** Seconds. */
  now: () => number
}

// Bytes: more than any client says of itself.
const BODY_LIMIT = 16_384

/**
 * `POST /oauth/register` (RFC 7591), which stores nothing: the `client_id` itself says what is registered (appendix A.5.2). There
 * is nothing to read, change or delete at an address of its own (RFC 7592), for nothing is kept: a client that wants something else
 * registers again.
 */
export function registerRegister(app: FastifyInstance, context: RegisterContext): void {
  const { registration, registrationKeys, clients, keys, publicScopes, journal, now } = context
  readJson(app)
  app.post(REGISTER, async (request, reply) => {
    if (
      registration === 'token' &&
      !isInitialAccessToken(keys, readBearerCredentials(request.headers.authorization ?? '') ?? '', now())
    )
      throw new OAuthError('invalid_token', 'registering takes an initial access token as Bearer')
    const metadata = narrowed(request.body, publicScopes)
    const found = await registrationKeys.findOrMake()
    const client_id = sealId(found, metadata)
    const rule = await clients.blockedBy(client_id)
    if (rule !== undefined)
      throw new OAuthError('invalid_client_metadata', 'this application is blocked here', {
        status: 403,
        detail: blockedReason(rule),
      })
    const secret = openId(found, client_id)?.secret
    journal.record(request, [{ event: 'client_registered', scope: metadata.scope }])
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({
        ...{ client_id, client_id_issued_at: now() },
        ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
        ...answerOf(metadata),
      })
  })
}

// What was registered, not what was asked for (RFC 7591 §3.2.1).
function answerOf(metadata: NarrowedMetadata) {
  return { ...metadata, response_types: ['code'], application_type: applicationType(metadata) }
}

function readJson(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_request, body, done) => {
      try {
        done(null, JSON.parse(String(body)))
      } catch {
        done(new OAuthError('invalid_client_metadata', 'the body is not JSON'))
      }
    },
  )
}
