/** @node-oauth/oauth2-server on Fastify, with its model on Maps: what the library leaves to whoever uses it. */
import { randomBytes } from 'node:crypto'
import formbody from '@fastify/formbody'
import OAuth2Server from '@node-oauth/oauth2-server'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { CLIENTS, SCOPE } from '../harness/registration.ts'
import { openLog, settings } from '../servers/server.ts'
import { clientOf, model } from './node-oauth-model.ts'
import { consentPage, isPassword, loginPage } from './pages.ts'

const { Request, Response } = OAuth2Server
const { port } = settings()
const log = openLog()
const oauth = new OAuth2Server({
  model,
  accessTokenLifetime: 300,
  authorizationCodeLifetime: 60,
  refreshTokenLifetime: 1_209_600,
  alwaysIssueNewRefreshToken: true,
})

const app = fastify({
  loggerInstance: log,
  childLoggerFactory: (logger) => logger,
  logController: new LogController({ disableRequestLogging: true }),
}) as unknown as FastifyInstance
app.removeAllContentTypeParsers()
await app.register(formbody)
app.addHook('onResponse', async (request, reply) => {
  const { id: req, method, ip } = request
  const ms = Math.round(reply.elapsedTime * 10) / 10
  log.info({ req, method, route: request.routeOptions.url, status: reply.statusCode, ms, ip }, 'request')
})

type Form = Record<string, string>

function standard(request: FastifyRequest) {
  const { method, headers, query, body } = request
  return new Request({ method, headers, query, body: body ?? {} })
}

function event(request: FastifyRequest, name: string, more: object): void {
  log.info({ req: request.id, event: name, ...more }, name)
}

app.post('/token', async (request, reply) => {
  const response = new Response()
  const { grant_type } = request.body as Form
  await oauth.token(standard(request), response).then(
    (token: { client: { id: string } }) =>
      event(request, 'token_issued', { client_id: token.client.id, grant_type, scope: SCOPE }),
    () => {},
  )
  reply.code(response.status).headers(response.headers).header('access-control-allow-origin', '*')
  return reply.send(response.body)
})

// The library has no introspection: the client's secret, and a look into the Map.
app.post('/introspect', async (request, reply) => {
  const client = clientOf(request.headers.authorization)
  if (client === undefined) return reply.code(401).send({ error: 'invalid_client' })
  reply.header('cache-control', 'no-store')
  const token = await model.getAccessToken((request.body as Form).token ?? '')
  if (token === undefined || token.accessTokenExpiresAt <= new Date()) return { active: false }
  const exp = Math.floor(token.accessTokenExpiresAt.getTime() / 1000)
  const { username } = token.user
  const scope = token.scope?.join(' ')
  return {
    active: true,
    scope,
    client_id: token.client.id,
    username,
    sub: username,
    token_type: 'Bearer',
    exp,
  }
})

// Login and consent, in the smallest form: a random cookie that a Map knows.
const sessions = new Map<string, { username: string; approved: boolean }>()

const sessionOf = (request: FastifyRequest) =>
  sessions.get(/(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')
const queryOf = ({ url }: FastifyRequest) => url.slice(url.indexOf('?')).replaceAll('&', '&amp;')

app.get('/authorize', async (request, reply) => {
  const session = sessionOf(request)
  const page = (html: string) => reply.type('text/html').send(html)
  if (session === undefined) return page(loginPage(`/login${queryOf(request)}`))
  if (!session.approved) return page(consentPage(`/consent${queryOf(request)}`))
  return authorize(request, reply, session)
})

app.post('/login', async (request, reply) => {
  const { username = '', password = '' } = request.body as Form
  if (!(await isPassword(username, password))) return reply.code(401).send({ error: 'wrong' })
  const id = randomBytes(32).toString('base64url')
  sessions.set(id, { username, approved: false })
  event(request, 'login', { sub: username })
  reply.header('set-cookie', `session=${id}; Path=/; HttpOnly; SameSite=Lax`)
  return reply.redirect(`/authorize${queryOf(request).replaceAll('&amp;', '&')}`, 303)
})

app.post('/consent', async (request, reply) => {
  const session = sessionOf(request)
  if (session === undefined) return reply.code(401).send({ error: 'nobody' })
  session.approved = true
  event(request, 'consent_granted', { client_id: CLIENTS.web.client_id, sub: session.username })
  return authorize(request, reply, session)
})

async function authorize(request: FastifyRequest, reply: FastifyReply, session: { username: string }) {
  const response = new Response()
  const asked = standard(request)
  asked.body = {}
  await oauth.authorize(asked, response, { authenticateHandler: { handle: () => session } })
  event(request, 'code_issued', { client_id: CLIENTS.web.client_id, sub: session.username })
  return reply.code(303).headers(response.headers).send()
}

await app.listen({ port, host: '127.0.0.1' })
