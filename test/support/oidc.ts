import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { ClientEntry, UserEntry } from '../../src/config/schema.ts'
import { Agent } from './browser-agent.ts'
import { buildServer, type TestServerOptions } from './server.ts'
import { basic, direct, type Reply } from './token-client.ts'

export const ISSUER = 'http://localhost:8000'
export const CALLBACK = 'https://rp.example/cb'
export const AUTHORIZATION = basic('rp', 'password')

/** A relying party that may do everything. */
export const RP: ClientEntry = {
  client_id: 'rp',
  client_name: 'Relying Party',
  client_secret: 'password',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token', 'implicit'],
  response_types: [
    'code',
    'id_token',
    'id_token token',
    'code id_token',
    'code token',
    'code id_token token',
    'token',
    'none',
  ],
  scope: 'openid profile email address phone offline_access',
  post_logout_redirect_uris: ['https://rp.example/bye'],
}

export const ALICE: UserEntry = {
  username: 'alice',
  password: 'wonderland',
  sub: 'sub-alice',
  name: 'Alice Liddell',
  given_name: 'Alice',
  email: 'alice@example.com',
  email_verified: true,
  phone_number: '+44 1234',
  address: { country: 'GB' },
}

/** A server with the relying party and Alice beside the demo. */
export function oidcServer(t: TestContext, options: TestServerOptions = {}, rp: Partial<ClientEntry> = {}) {
  const { clients = [], users = [], ...rest } = options
  return buildServer(t, { clients: [{ ...RP, ...rp }, ...clients], users: [ALICE, ...users], ...rest })
}

/** The URL of an authorization request. Undefined parameters are left out. */
export function request(parameters: Record<string, string | undefined> = {}): string {
  const all = {
    client_id: 'rp',
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    state: 'some-state',
    nonce: 'some-nonce',
    ...parameters,
  }
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `/oauth/authorize?${new URLSearchParams(given)}`
}

/** Logs in as Alice where asked, approves where asked; gives the parameters that the client gets. */
export async function authorize(agent: Agent, parameters: Record<string, string | undefined> = {}) {
  let page = await agent.follow(await agent.get(request(parameters)))
  if (page.body.includes('name="password"')) page = await agent.login(page, 'alice', 'wonderland')
  if (page.body.includes('value="approve"')) page = await agent.submit(page, { decision: 'approve' })
  const { location } = page.headers
  if (page.statusCode !== 303 || typeof location !== 'string')
    throw new Error(`${page.statusCode} ${page.body}`)
  const url = new URL(location)
  return { parameters: url.hash ? new URLSearchParams(url.hash.slice(1)) : url.searchParams, url }
}

export function exchange(app: FastifyInstance, code: string, authorization = AUTHORIZATION): Promise<Reply> {
  return direct(app, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, { authorization })
}

export function refresh(app: FastifyInstance, refresh_token: string, more = {}): Promise<Reply> {
  return direct(
    app,
    { grant_type: 'refresh_token', refresh_token, ...more },
    { authorization: AUTHORIZATION },
  )
}

/** The whole walk to tokens. */
export async function tokens(
  app: FastifyInstance,
  parameters: Record<string, string | undefined> = {},
  agent = new Agent(app),
): Promise<Reply['body']> {
  const { parameters: answer } = await authorize(agent, parameters)
  const { status, body } = await exchange(app, answer.get('code') ?? '')
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** Verifies a JWT with the published keys, by a library that is not ours. `typ: null` for one without a type. */
export async function verified(
  app: FastifyInstance,
  jwt: string,
  options: { audience?: string; typ?: string | null; now?: number } = {},
): Promise<JWTPayload & Record<string, unknown>> {
  const keys = (await app.inject({ url: '/oauth/jwks', headers: { host: 'localhost:8000' } })).json()
  const { audience = 'rp', typ = 'JWT', now } = options
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys), {
    issuer: ISSUER,
    audience,
    ...(typ !== null && { typ }),
    ...(now !== undefined && { currentDate: new Date(now * 1000) }),
  })
  return payload
}

export async function userinfo(app: FastifyInstance, access_token: string) {
  return app.inject({
    url: '/oauth/userinfo',
    headers: { host: 'localhost:8000', authorization: `Bearer ${access_token}` },
  })
}
