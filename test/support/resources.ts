import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { ClientEntry, ResourceEntry } from '../../src/config/schema.ts'
import { Agent, answerOf } from './browser-agent.ts'
import { AUTHORIZATION, CALLBACK, oidcServer, request } from './oidc.ts'
import type { TestServerOptions } from './server.ts'
import { basic, direct, type Reply } from './token-client.ts'

/** An API that checks JWTs by itself. */
export const NOTES = 'https://notes.example/mcp'
/** One that asks. */
export const FILES = 'https://files.example'
/** One that nobody has described. */
export const STRANGER = 'https://mcp.stranger.example/sse'

export const RESOURCES: ResourceEntry[] = [
  {
    resource: NOTES,
    resource_name: 'Notes',
    scopes: ['read', 'write'],
    public: true,
    access_token_format: 'jwt',
    access_token_signed_response_alg: 'ES256',
    access_token_ttl: 120,
  },
  { resource: FILES, sentence: 'See and change your files', scopes: ['files'] },
]

/** A service that has tokens of its own. */
export const SERVICE: ClientEntry = {
  client_id: 'svc',
  client_secret: 'password',
  grant_types: ['client_credentials', 'password', 'refresh_token'],
  scope: 'read files openid',
}
export const AS_SERVICE = basic('svc', 'password')

/** A server with these resources, the relying party, Alice and a service. */
export function resourceServer(t: TestContext, options: TestServerOptions & { any?: boolean } = {}) {
  const { any = false, clients = [], change, ...rest } = options
  const asIt: TestServerOptions = {
    ...rest,
    clients: [SERVICE, ...clients],
    change(entries) {
      entries.resources = RESOURCES
      entries.any_resource = any
      change?.(entries)
    },
  }
  return oidcServer(t, asIt, { scope: 'openid profile email offline_access read write files' })
}

export type Query = Record<string, string | undefined>

/** A query or form with these resources. */
export function withResources(text: string, ...resource: string[]): string {
  return [text, ...resource.map((one) => `resource=${encodeURIComponent(one)}`)].join('&')
}

/** The answer to an authorization request for these resources: Alice logs in and approves where she is asked. */
export async function asked(agent: Agent, resource: string[], query: Query = {}): Promise<URLSearchParams> {
  let page = await agent.follow(await agent.get(withResources(request(query), ...resource)))
  if (page.body.includes('name="password"')) page = await agent.login(page, 'alice', 'wonderland')
  if (page.body.includes('value="approve"')) page = await agent.submit(page, { decision: 'approve' })
  return answerOf(page)
}

/** One token request of the relying party, for these resources. */
export function tokenFor(
  app: FastifyInstance,
  form: Query,
  resource: string[] = [],
  authorization = AUTHORIZATION,
): Promise<Reply> {
  const given = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const text = withResources(new URLSearchParams(given).toString(), ...resource)
  return direct(app, text, { authorization })
}

/** A fresh code for these resources. */
export async function codeFor(
  app: FastifyInstance,
  resource: string[],
  query: Query = {},
  agent = new Agent(app),
): Promise<string> {
  const answer = await asked(agent, resource, query)
  const code = answer.get('code')
  if (code === null) throw new Error(`no code: ${answer}`)
  return code
}

export function redeem(app: FastifyInstance, code: string, ...resource: string[]): Promise<Reply> {
  return tokenFor(app, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, resource)
}

export function refreshFor(
  app: FastifyInstance,
  refresh_token: string,
  resource: string[] = [],
  more: Query = {},
): Promise<Reply> {
  return tokenFor(app, { grant_type: 'refresh_token', refresh_token, ...more }, resource)
}

/** Fresh tokens for these resources. */
export async function tokensFor(
  app: FastifyInstance,
  resource: string[],
  query: Query = {},
  agent?: Agent,
): Promise<Reply['body']> {
  const { status, body } = await redeem(app, await codeFor(app, resource, query, agent))
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** What introspection tells the relying party of a token. */
export async function seen(
  app: FastifyInstance,
  token: string,
  authorization = AUTHORIZATION,
): Promise<Reply['body']> {
  return (await direct(app, { token }, { url: '/oauth/introspect', authorization })).body
}
