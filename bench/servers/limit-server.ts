import formbody from '@fastify/formbody'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import type { Logger } from '../../src/http/logger.ts'
import { CLIENTS, personName, SCOPE } from '../harness/registration.ts'
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
const { jwt: JWT, web: WEB } = CLIENTS
const PERSON = personName(0)

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
    const issued = tokens(request.headers.authorization, request.body as Form)
    if (issued === undefined) throw refused()
    const { grant_type } = request.body as Form
    const line = { req: request.id, event: 'token_issued', grant_type, ...issued.facts, scope: SCOPE }
    log.info(line, 'token_issued')
    crossOrigin(reply).header('cache-control', 'no-store')
    logRequest(log, request, reply)
    return issued.answer
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
  const { METADATA = '{"token_endpoint":""}', JWKS = '{"keys":[]}' } = process.env
  const documents = [
    ['/.well-known/oauth-authorization-server', 'application/json; charset=utf-8', METADATA],
    ['/oauth/jwks', 'application/jwk-set+json; charset=utf-8', JWKS],
  ] as const
  for (const [path, type, body] of documents) {
    app.get(path, async (request, reply) => {
      logRequest(log, request, reply)
      return crossOrigin(reply).type(type).header('cache-control', 'public, max-age=300').send(body)
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
  /** The answer, and what the log says of it. */
  tokens(authorization: string | undefined, form: Form): { answer: object; facts: object } | undefined
  introspection(authorization: string | undefined, form: Form): object
}

// Bytes of facts in front of the MAC, as many as Postern's tokens have.
const CLIENT_TOKEN = 48
const ACCESS_TOKEN = 46
const REFRESH_TOKEN = 25

function proving(): Answers {
  const grants = new Map<string, { client_id: string; generation: number }>()

  function grantTokens(client_id: string, { id, key }: { id: Buffer; key: string }) {
    const answer = {
      access_token: seal('at', ACCESS_TOKEN, id),
      token_type: 'Bearer',
      expires_in: 300,
      scope: SCOPE,
      refresh_token: seal('rt', REFRESH_TOKEN, id),
      refresh_token_expires_in: 1_209_600,
    }
    return { answer, facts: { client_id, sub: PERSON, grant_id: key } }
  }

  return {
    tokens(authorization, { grant_type, refresh_token = '' }) {
      const client_id = authenticate(authorization)
      if (client_id === undefined) return undefined
      if (grant_type === 'client_credentials') return clientToken(client_id)
      if (grant_type === 'authorization_code') {
        const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
        const key = id.toString('base64url')
        grants.set(key, { client_id, generation: 0 })
        return grantTokens(client_id, { id, key })
      }
      const id = unseal(refresh_token)
      const key = id?.toString('base64url') ?? ''
      const grant = grants.get(key)
      if (id === undefined || grant?.client_id !== client_id) return undefined
      grants.set(key, { ...grant, generation: grant.generation + 1 })
      return grantTokens(client_id, { id, key })
    },
    introspection(authorization, { token = '' }) {
      const client_id = authenticate(authorization)
      if (client_id === undefined) return { active: false }
      if (token.startsWith('ey'))
        return verifyJwt(token) ? described(JWT.client_id, JWT.client_id) : { active: false }
      const id = unseal(token)
      const grant = id && grants.get(id.toString('base64url'))
      return grant ? described(grant.client_id, PERSON) : { active: false }
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
  const access_token = client_id === JWT.client_id ? signJwt(claims) : seal('ct', CLIENT_TOKEN)
  return {
    answer: { access_token, token_type: 'Bearer', expires_in: 300, scope: SCOPE },
    facts: { client_id },
  }
}

function described(client_id: string, sub: string) {
  const now = Math.floor(Date.now() / 1000)
  return {
    active: true,
    scope: SCOPE,
    client_id,
    sub,
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
  const kept = new Map<string, ReturnType<Answers['tokens']>>()
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

const DESCRIBED = described(WEB.client_id, PERSON)

function refused(): Error {
  return Object.assign(new Error('invalid_client'), { statusCode: 401 })
}
