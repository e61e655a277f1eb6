import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../../support/browser-agent.ts'
import { MCP_CLIENTS, type McpClient } from '../../support/mcp/clients.ts'
import { approve, mcpServer, redeem, redeemAndRefresh, register } from '../../support/mcp/walk.ts'
import { basic, direct } from '../../support/token-client.ts'

for (const [name, client] of Object.entries<McpClient>(MCP_CLIENTS))
  test(`${name}: registers, is approved, gets tokens for the MCP server, refreshes in its own way`, async (t) => {
    const { app, clock } = await mcpServer(t)
    const connected = await register(app, client)
    const { code, consent } = await approve(connected)
    assert.ok(consent?.includes('Nobody here has checked this app'))
    await redeemAndRefresh(connected, code, clock)
  })

test('claude.ai registers again at each connect: the same id, and nobody is asked again', async (t) => {
  const { app } = await mcpServer(t)
  const agent = new Agent(app)
  const client = MCP_CLIENTS['claude.ai']
  const first = await register(app, client)
  assert.ok((await approve(first, agent)).consent)
  for (let connect = 0; connect < 3; connect++) {
    const again = await register(app, client)
    assert.equal(again.client_id, first.client_id)
    const { code, consent } = await approve(again, agent)
    assert.equal(consent, undefined)
    assert.equal((await redeem(again, code)).status, 200)
  }
})

test('Cursor: each of its three kinds of redirect URI, and VS Code at the website is asked once', async (t) => {
  const { app } = await mcpServer(t)
  const cursor = await register(app, MCP_CLIENTS.Cursor)
  for (const redirect_uri of [
    ...MCP_CLIENTS.Cursor.registers.redirect_uris,
    'http://localhost:49152/callback',
  ]) {
    const at = { ...cursor, client: { ...cursor.client, redirect_uri } }
    const { code } = await approve(at)
    assert.equal((await redeem(at, code)).status, 200, redirect_uri)
  }
  const agent = new Agent(app)
  const code = await register(app, MCP_CLIENTS['VS Code'])
  const through = (redirect_uri: string) =>
    approve({ ...code, client: { ...code.client, redirect_uri } }, agent)
  assert.ok((await through('https://vscode.dev/redirect')).consent)
  assert.equal((await through('https://insiders.vscode.dev/redirect')).consent, undefined)
  // Whoever listens on a port may be another program each time (RFC 8252 §8.6).
  assert.ok((await through('http://127.0.0.1:40001/')).consent)
})

test('libraries that send an empty secret, by Basic or in the form, are public clients as others', async (t) => {
  const { app } = await mcpServer(t)
  const connected = await register(app, MCP_CLIENTS['claude.ai'])
  const { client_id, client } = connected
  const { body } = await redeem(connected, (await approve(connected)).code)
  const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  const inForm = await direct(app, { ...form, client_id, client_secret: '' }, { authorization: '' })
  const byBasic = await direct(app, form, { authorization: basic(client_id, '') })
  for (const answer of [inForm, byBasic])
    assert.deepEqual([answer.status, answer.body.scope], [200, client.gets], JSON.stringify(answer.body))
})

// Where further clients are sent back to, by what they publish or what servers let in.
const CALLBACKS = [
  'https://claude.com/api/mcp/auth_callback',
  'https://chatgpt.com/connector/oauth/AbC-123_x',
  'https://grok.com/connectors-oauth-exchange-code/',
  'https://www.perplexity.ai/rest/connections/oauth_callback',
  'https://callback.mistral.ai/v1/integrations_auth/oauth2_callback',
  'https://api.devin.ai/mcp/oauth/callback',
  'https://antigravity.google/oauth-callback',
  'https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-123-mcp_example_com',
  'https://global.consent.azure-apim.net/redirect/notes-5fmcp-20a1',
  'https://raycast.com/redirect?packageName=Extension',
  'com.raycast:/oauth?package_name=Extension',
  'raycast://oauth?package_name=Extension',
  'vscode://saoudrizwan.claude-dev',
  'kiro://saoudrizwan.claude-dev',
  'grokbot://mcp/oauth/callback',
  'http://[::1]:49152/callback',
]

test('further clients: each of their redirect URIs is taken as it is, and gets its code', async (t) => {
  const { app } = await mcpServer(t)
  const agent = new Agent(app)
  for (const redirect_uri of CALLBACKS) {
    const registers = { ...MCP_CLIENTS.ChatGPT.registers, redirect_uris: [redirect_uri] }
    const connected = await register(app, { ...MCP_CLIENTS.ChatGPT, registers, redirect_uri })
    const { code, consent } = await approve(connected, agent)
    assert.ok(consent)
    assert.equal((await redeem(connected, code)).status, 200, redirect_uri)
  }
})
