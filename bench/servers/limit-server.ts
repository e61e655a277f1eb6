import formbody from '@fastify/formbody'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import type { Logger } from '../../src/http/logger.ts'
import { CLIENTS } from '../harness/registration.ts'
import { authenticate, seal, signJwt, unseal, verifyJwt } from './proof.ts'
import { openLog, settings } from './server.ts'

const text = { type: 'string' } as const
const whole = { type: 'integer' } as const
const TOKEN_RESPONSE = {
  type: 'object',
  properties: {
    access_token: text,
    token_type: text,
    expires_in: whole,
    refresh_token: text,
    refresh_token_expires_in: whole,
    scope: text,
  },
} as const
const INTROSPECTION = {
  type: 'object',
  properties: {
    active: { type: 'boolean' },
    scope: text,
    client_id: text,
    sub: text,
    token_type: text,
    exp: whole,
    iat: whole,
    iss: text,
    aud: text,
    jti: text,
  },
} as const

const { port } = settings()
const issuer = `http://localhost:${port}`
const SCOPE = 'read write'

type Form = Record<string, string>

/** Runs the limit: with the proof work if `prove`, with one fixed answer for each endpoint without it. */
export async function serve(prove: boolean): Promise<void> {
  const log = openLog()
  const app = fastify({
    loggerInstance: log,
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
  }) as unknown as FastifyInstance
  app.removeAllContentTypeParsers()
  await app.register(formbody)
  const { tokens, introspection } = prove ? proving() : fixed()

  app.post('/oauth/tokenize', { schema: { response: { 200: TOKEN_RESPONSE } } }, async (request, reply) => {
    const answer = tokens(request.headers.authorization, request.body as Form)
    if (answer === undefined) throw refused()
    const { grant_type } = request.body as Form
    log.info(
      { req: request.id, event: 'token_issued', client_id: 'service', grant_type, scope: SCOPE },
      'token_issued',
    )
    crossOrigin(reply).header('cache-control', 'no-store')
    logRequest(log, request, reply)
    return answer
  })
  app.post('/oauth/introspect', { schema: { response: { 200: INTROSPECTION } } }, async (request, reply) => {
    const answer = introspection(request.headers.authorization, request.body as Form)
    reply.header('cache-control', 'no-store')
    logRequest(log, request, reply)
    return answer
  })
  serveDocuments(app, log)
  await app.listen({ port, host: '127.0.0.1' })
}

// A fixed string each, of the sizes that these documents have.
function serveDocuments(app: FastifyInstance, log: Logger): void {
  const documents = {
    '/.well-known/oauth-authorization-server': process.env.METADATA ?? '{"token_endpoint":""}',
    '/oauth/jwks': process.env.JWKS ?? '{"keys":[]}',
  }
  for (const [path, body] of Object.entries(documents)) {
    app.get(path, async (request, reply) => {
      logRequest(log, request, reply)
      return crossOrigin(reply)
        .type('application/json; charset=utf-8')
        .header('cache-control', 'public, max-age=300')
        .send(body)
    })
  }
}

// What a browser's application may read, as Postern says it.
function crossOrigin(reply: FastifyReply): FastifyReply {
  return reply
    .header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', 'www-authenticate, retry-after')
}

function logRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { id: req, method, ip } = request
  const ms = Math.round(reply.elapsedTime * 10) / 10
  log.info({ req, method, route: request.routeOptions.url, status: 200, ms, ip }, 'request')
}

interface Answers {
  tokens(authorization: string | undefined, form: Form): object | undefined
  introspection(authorization: string | undefined, form: Form): object
}

// Bytes of facts in front of the MAC, as many as Postern's tokens have.
const CLIENT_TOKEN = 48
const ACCESS_TOKEN = 46
const REFRESH_TOKEN = 25

function proving(): Answers {
  const grants = new Map<string, { client_id: string; generation: number }>()

  function grantTokens(id: Buffer) {
    return {
      access_token: seal('at', ACCESS_TOKEN, id),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: seal('rt', REFRESH_TOKEN, id),
      refresh_token_expires_in: 1_209_600,
      scope: SCOPE,
    }
  }

  return {
    tokens(authorization, { grant_type, refresh_token = '' }) {
      const client_id = authenticate(authorization)
      if (client_id === undefined) return undefined
      if (grant_type === 'client_credentials') return clientToken(client_id)
      if (grant_type === 'authorization_code') {
        const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
        grants.set(id.toString('base64url'), { client_id, generation: 0 })
        return grantTokens(id)
      }
      const id = unseal(refresh_token)
      const key = id?.toString('base64url') ?? ''
      const grant = grants.get(key)
      if (id === undefined || grant?.client_id !== client_id) return undefined
      grants.set(key, { ...grant, generation: grant.generation + 1 })
      return grantTokens(id)
    },
    introspection(authorization, { token = '' }) {
      const client_id = authenticate(authorization)
      if (client_id === undefined) return { active: false }
      if (token.startsWith('ey')) return verifyJwt(token) ? described(client_id) : { active: false }
      const id = unseal(token)
      const grant = id && grants.get(id.toString('base64url'))
      return grant ? described(grant.client_id) : { active: false }
    },
  }
}

function clientToken(client_id: string) {
  const now = Math.floor(Date.now() / 1000)
  const times = { iat: now, exp: now + 300 }
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: client_id,
    client_id,
    scope: SCOPE,
    jti: '0123456789abcdef',
    ...times,
  }
  const access_token = client_id === CLIENTS.jwt.client_id ? signJwt(claims) : seal('ct', CLIENT_TOKEN)
  return { access_token, token_type: 'Bearer', expires_in: 300, scope: SCOPE }
}

function described(client_id: string) {
  const now = Math.floor(Date.now() / 1000)
  return {
    active: true,
    scope: SCOPE,
    client_id,
    sub: 'person-0',
    token_type: 'Bearer',
    exp: now + 300,
    iat: now,
    iss: issuer,
    aud: issuer,
    jti: '0123456789abcdef',
  }
}

// The first right answer, for ever.
function fixed(): Answers {
  const real = proving()
  const kept = new Map<string, object | undefined>()
  return {
    tokens(authorization, form) {
      const kind = form.grant_type === 'client_credentials' ? authorization : 'grant'
      if (!kept.has(kind ?? '')) {
        const grant_type = kind === 'grant' ? 'authorization_code' : 'client_credentials'
        kept.set(kind ?? '', real.tokens(authorization, { grant_type }))
      }
      return kept.get(kind ?? '')
    },
    introspection: () => DESCRIBED,
  }
}

const DESCRIBED = described('web')

function refused(): Error {
  return Object.assign(new Error('invalid_client'), { statusCode: 401 })
}
