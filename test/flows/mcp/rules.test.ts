import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent } from '../../support/browser-agent.ts'
import { MCP_CLIENTS, MCP_SERVER, type McpClient } from '../../support/mcp/clients.ts'
import {
  approve,
  asking,
  assertServed,
  type Connected,
  mcpServer,
  redeem,
  register,
  tokenRequest,
} from '../../support/mcp/walk.ts'

// The rules of the MCP authorization specification (2026-07-28) that clients hold a server to.

const CLAUDE: McpClient = MCP_CLIENTS['claude.ai']

/** The same client, asking for something else. */
function asksFor(
  connected: Connected,
  asks: Record<string, string>,
  gets = connected.client.gets,
): Connected {
  return { ...connected, client: { ...connected.client, asks: { ...connected.client.asks, ...asks }, gets } }
}

async function tokensOf(connected: Connected, agent?: Agent) {
  const { body } = await redeem(connected, (await approve(connected, agent)).code)
  return body
}

test('M3: scheme and host of a resource in upper case are the resource', async (t) => {
  const { app } = await mcpServer(t)
  const connected = asksFor(await register(app, CLAUDE), { resource: 'HTTPS://MCP.Example.com/mcp' })
  await assertServed(connected, (await tokensOf(connected)).access_token)
})

for (const [configured, sent] of [
  ['https://mcp.example.com', 'https://mcp.example.com/'],
  ['https://mcp.example.com/', 'https://mcp.example.com'],
  [MCP_SERVER, `${MCP_SERVER}/`],
  [`${MCP_SERVER}/`, MCP_SERVER],
])
  test(`M4: ${sent} where ${configured} is configured`, async (t) => {
    const { app } = await mcpServer(t, {
      change(entries) {
        for (const one of entries.resources ?? []) one.resource = configured as string
      },
    })
    const connected = asksFor(await register(app, CLAUDE), { resource: sent as string })
    const { access_token, refresh_token } = await tokensOf(connected)
    for (const resource of [sent as string, configured as string]) {
      const next = await tokenRequest(connected, { grant_type: 'refresh_token', refresh_token, resource })
      assert.equal(next.status, 200, resource)
    }
    await assertServed(connected, access_token, configured)
  })

test('M5: a resource with a fragment or without a scheme is invalid_target', async (t) => {
  const { app } = await mcpServer(t)
  const connected = await register(app, CLAUDE)
  const agent = new Agent(app)
  const { refresh_token } = await tokensOf(connected, agent)
  for (const resource of [`${MCP_SERVER}#tools`, 'mcp.example.com/mcp', '/mcp']) {
    const { headers } = await agent.get(asking(asksFor(connected, { resource })))
    assert.equal(new URL(String(headers.location)).searchParams.get('error'), 'invalid_target', resource)
    const { body } = await tokenRequest(connected, { grant_type: 'refresh_token', refresh_token, resource })
    assert.equal(body.error, 'invalid_target', resource)
  }
})

test('M6, M7: what was authorized holds for a token request and a refresh that say neither resource nor scope', async (t) => {
  const { app } = await mcpServer(t)
  const connected = await register(app, CLAUDE)
  const { code } = await approve(connected)
  const silent = { ...connected, client: { ...connected.client, asks: {} } }
  const { body } = await redeem(silent, code)
  assert.equal(body.scope, CLAUDE.gets)
  await assertServed(connected, body.access_token)
  let { refresh_token } = body
  for (let round = 0; round < 3; round++) {
    const next = await tokenRequest(connected, { grant_type: 'refresh_token', refresh_token })
    assert.deepEqual([next.status, next.body.scope], [200, CLAUDE.gets])
    await assertServed(connected, next.body.access_token)
    refresh_token = next.body.refresh_token
  }
})

test('M8: step-up asks for what is new; the new grant has the union, the old one goes on until its client revokes it', async (t) => {
  const { app } = await mcpServer(t)
  const agent = new Agent(app)
  const narrow = asksFor(await register(app, CLAUDE), { scope: 'mcp:read' }, 'mcp:read')
  const wide = asksFor(narrow, { scope: 'mcp:read mcp:write' }, 'mcp:read mcp:write')
  const first = await tokensOf(narrow, agent)
  const page = await agent.get(asking(wide))
  const [added = '', known = ''] = page.body.split('<details>')
  assert.ok(added.includes('mcp:write') && !added.includes('mcp:read'), 'what is new')
  assert.ok(known.includes('mcp:read'), 'what was allowed before stands below')
  const second = await tokensOf(wide, agent)
  await assertServed(wide, second.access_token)

  const old = await tokenRequest(narrow, { grant_type: 'refresh_token', refresh_token: first.refresh_token })
  assert.deepEqual([old.status, old.body.scope], [200, 'mcp:read'])
  await assertServed(narrow, old.body.access_token)
  await revoke(narrow, old.body.refresh_token)
  assert.equal(
    (await tokenRequest(narrow, { grant_type: 'refresh_token', refresh_token: old.body.refresh_token })).body
      .error,
    'invalid_grant',
  )
  await assertServed(wide, second.access_token)
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/resources.md'), 'utf8')
  assert.match(
    docs,
    /the new grant has all of it\. The old one ends by itself, or when the client revokes it\./,
  )
})

async function revoke({ app, client_id }: Connected, token: string) {
  const headers = { host: 'localhost:8000', 'content-type': 'application/x-www-form-urlencoded' }
  const payload = new URLSearchParams({ token, client_id }).toString()
  const { statusCode } = await app.inject({ method: 'POST', url: '/oauth/revoke', headers, payload })
  assert.equal(statusCode, 200)
}

test('M9: offline_access is not in the metadata, or clients would ask for consent each time; refresh tokens come without it', async (t) => {
  const { app } = await mcpServer(t)
  for (const name of ['oauth-authorization-server', 'openid-configuration', 'oauth-protected-resource']) {
    const { scopes_supported } = await document(app, `/.well-known/${name}`)
    assert.ok(!scopes_supported.includes('offline_access'), name)
  }
  const connected = await register(app, CLAUDE)
  const { refresh_token, scope } = await tokensOf(connected)
  assert.ok(refresh_token !== undefined && !scope.includes('offline_access'))
})

test('M10: the application type follows from the redirect URIs, whatever the client says or leaves out', async (t) => {
  const { app } = await mcpServer(t)
  const of = async (redirect_uri: string, application_type?: string) => {
    const registers = { ...CLAUDE.registers, redirect_uris: [redirect_uri], application_type }
    const registered = { application_type: redirect_uri.startsWith('https:') ? 'web' : 'native' }
    return register(app, { ...CLAUDE, registers, registered })
  }
  for (const type of [undefined, 'native', 'web', 'desktop'])
    for (const uri of ['http://127.0.0.1/callback', 'http://localhost:3118/callback', 'https://a.example/cb'])
      assert.ok((await of(uri, type)).client_id)
})

test('M12: an id that was made here never looks like the address of a document', async (t) => {
  const { app } = await mcpServer(t)
  for (const client of Object.values<McpClient>(MCP_CLIENTS)) {
    const { client_id } = await register(app, client)
    assert.match(client_id, /^ci_[\w-]+$/)
  }
})

test('401 invalid_client for an id that nobody has here: the client registers again', async (t) => {
  const { app } = await mcpServer(t)
  const elsewhere = await mcpServer(t)
  const stranger = { ...(await register(elsewhere.app, CLAUDE)), app }
  const form = { grant_type: 'refresh_token', refresh_token: 'rt_of-before' }
  const { status, body } = await tokenRequest(stranger, form)
  assert.deepEqual([status, body.error], [401, 'invalid_client'])
  assert.ok((await approve(await register(app, CLAUDE))).code)
})

async function document(app: FastifyInstance, url: string) {
  return (await app.inject({ url, headers: { host: 'localhost:8000' } })).json()
}
