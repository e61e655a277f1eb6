import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { ClientEntry } from '../../../src/config/schema.ts'
import { byAssertion } from '../assertions.ts'
import { Agent } from '../browser-agent.ts'
import { buildServer, type TestServer, type TestServerOptions } from '../server.ts'
import { basic, direct, type Reply } from '../token-client.ts'
import { MCP_SCOPES, MCP_SERVER, type McpClient } from './clients.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const STATE = 'a state/with+signs&%20='

/** The MCP server, which asks about every token that it gets. */
const AS_MCP_SERVER = basic('mcp-server', 'a secret of the MCP server')

/** A client at a server where it is registered. */
export interface Connected {
  app: FastifyInstance
  client: McpClient
  client_id: string
  client_secret?: string | undefined
  /** Signs a client assertion, for those that have keys and use them. */
  sign?: (client_id: string) => Promise<string>
}

/** A server for MCP clients: anybody registers, one MCP server and its scopes are described. */
export function mcpServer(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  return buildServer(t, withMcpServer(options))
}

/** What such a server is made of. */
export function withMcpServer({ change, clients = [], ...rest }: TestServerOptions = {}): TestServerOptions {
  const own: ClientEntry = {
    client_id: 'mcp-server',
    client_secret: 'a secret of the MCP server',
    grant_types: ['client_credentials'],
    introspect_any: true,
  }
  return {
    ...rest,
    clients: [own, ...clients],
    change(entries) {
      entries.any_resource = false
      entries.resources = [{ resource: MCP_SERVER, resource_name: 'Notes', scopes: MCP_SCOPES, public: true }]
      change?.(entries)
    },
  }
}

/** Registers, and looks at what the answer (RFC 7591 §3.2.1) must have for this client. */
export async function register(app: FastifyInstance, client: McpClient): Promise<Connected> {
  const headers = { host: 'localhost:8000', 'content-type': 'application/json' }
  const payload = JSON.stringify(client.registers)
  const answer = await app.inject({ method: 'POST', url: '/oauth/register', headers, payload })
  assert.equal(answer.statusCode, 201, answer.body)
  const { client_id, client_secret, ...body } = answer.json()
  // The TypeScript SDK's schema for it, and what fetches documents, must both leave it alone.
  assert.ok(typeof client_id === 'string' && !client_id.startsWith('https://'))
  assert.deepEqual(body.redirect_uris, client.registers.redirect_uris, 'each as it was sent, in its order')
  assert.deepEqual(body.grant_types, ['authorization_code', 'refresh_token'])
  assert.deepEqual(body.response_types, ['code'])
  assert.equal(body.client_name, client.registers.client_name)
  assert.equal(body.token_endpoint_auth_method, client.registers.token_endpoint_auth_method)
  assert.equal(client_secret !== undefined, body.token_endpoint_auth_method.startsWith('client_secret_'))
  for (const scope of client.gets.split(' ')) assert.ok(body.scope.split(' ').includes(scope), body.scope)
  for (const [name, value] of Object.entries(client.registered ?? {})) assert.deepEqual(body[name], value)
  return { app, client, client_id, client_secret }
}

/** The path of its authorization request. */
export function asking({ client, client_id }: Connected): string {
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id, redirect_uri: client.redirect_uri, state: STATE },
    ...{ code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' },
    ...client.asks,
  })
  return `/oauth/authorize?${query}`
}

/**
 * The person logs in and approves, where asked. Gives the code, and the consent page if it was shown; looks at all that the redirect
 * says.
 */
export async function approve(connected: Connected, agent = new Agent(connected.app)) {
  const { client } = connected
  let page = await agent.follow(await agent.get(asking(connected)))
  if (page.body.includes('name="password"')) page = await agent.login(page)
  const consent = page.body.includes('value="approve"') ? page.body : undefined
  if (consent !== undefined) page = await agent.submit(page, { decision: 'approve' })
  assert.equal(page.statusCode, 303, page.body)
  const location = String(page.headers.location)
  // RFC 6749 §3.1.2: a query that it has is kept.
  const separator = client.redirect_uri.includes('?') ? '&' : '?'
  assert.ok(location.startsWith(client.redirect_uri + separator), location)
  const answer = new URL(location).searchParams
  assert.equal(answer.get('error'), null, location)
  assert.equal(answer.get('state'), client.asks.state ?? STATE)
  assert.deepEqual(answer.getAll('iss'), ['http://localhost:8000'])
  return { code: answer.get('code') ?? '', consent }
}

/** One token request, authenticated as the client does it. */
export async function tokenRequest(
  { app, client_id, client_secret, sign }: Connected,
  form: Record<string, string>,
): Promise<Reply> {
  const own: Record<string, string> = {
    client_id,
    ...(client_secret !== undefined && { client_secret }),
    ...(sign && byAssertion(await sign(client_id))),
  }
  return direct(app, { ...form, ...own }, { authorization: '' })
}

export function redeem(connected: Connected, code: string): Promise<Reply> {
  const { redirect_uri, asks } = connected.client
  return tokenRequest(connected, {
    ...{ grant_type: 'authorization_code', code, redirect_uri, code_verifier: VERIFIER },
    ...(asks.resource !== undefined && { resource: asks.resource }),
  })
}

/** Refreshes in the client's own way. */
export function refresh(connected: Connected, { refresh_token, scope }: Reply['body']): Promise<Reply> {
  const { refreshes, asks } = connected.client
  return tokenRequest(connected, {
    ...{ grant_type: 'refresh_token', refresh_token },
    ...(refreshes.includes('scope') && { scope }),
    ...(refreshes.includes('resource') && asks.resource !== undefined && { resource: asks.resource }),
  })
}

/** The MCP server asks about a token: it is for it, as the configuration spells it, of this client, and has this scope. */
export async function assertServed(
  { app, client, client_id }: Connected,
  access_token: string,
  audience = MCP_SERVER,
) {
  const url = '/oauth/introspect'
  const { body } = await direct(app, { token: access_token }, { url, authorization: AS_MCP_SERVER })
  assert.deepEqual(
    [body.active, body.aud, body.scope, body.client_id, body.sub],
    [true, audience, client.gets, client_id, 'admin'],
  )
}

// Seconds: longer than the answer to a refresh may be asked for again.
const LONG_AFTER = 60

/**
 * Redeems a code and refreshes several times as this client does it: each time for the MCP server and with the whole scope; with an
 * answer that was lost; and with a token that somebody else has used long since.
 */
export async function redeemAndRefresh(connected: Connected, code: string, clock: { now: number }) {
  const { gets } = connected.client
  const first = await redeem(connected, code)
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.deepEqual([first.body.token_type, first.body.scope], ['Bearer', gets])
  assert.ok(first.body.refresh_token, 'also without offline_access')
  await assertServed(connected, first.body.access_token)
  const refreshed = async (tokens: Reply['body']) => {
    const { status, body } = await refresh(connected, tokens)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.scope, gets)
    await assertServed(connected, body.access_token)
    return body
  }
  const second = await refreshed(first.body)
  assert.notEqual(second.refresh_token, first.body.refresh_token, 'rotated (OAuth 2.1 §4.3.1)')
  // The answer was lost: the client has nothing but the old one.
  const third = await refreshed(await refreshed(first.body))
  clock.now += LONG_AFTER
  const fourth = await refreshed(third)
  clock.now += LONG_AFTER
  for (const stolen of [first.body, fourth]) {
    const { status, body } = await refresh(connected, stolen)
    assert.deepEqual([status, body.error], [400, 'invalid_grant'], 'and with it ends the whole grant')
  }
}
