import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../../support/browser-agent.ts'
import { MCP_CLIENTS, type McpClient } from '../../support/mcp/clients.ts'
import {
  approve,
  assertServed,
  type Connected,
  mcpServer,
  redeem,
  refresh,
  register,
} from '../../support/mcp/walk.ts'

// Seconds: longer than the answer to a refresh may be asked for again.
const LONG_AFTER = 60

for (const [name, client] of Object.entries<McpClient>(MCP_CLIENTS))
  test(`${name}: registers, is approved, gets tokens for the MCP server, refreshes in its own way`, async (t) => {
    const { app, clock } = await mcpServer(t)
    const connected = await register(app, client)
    const { code, asked } = await approve(connected)
    assert.ok(asked, 'nobody has approved it before')
    const first = await redeem(connected, code)
    assert.equal(first.status, 200, JSON.stringify(first.body))
    assert.deepEqual([first.body.token_type, first.body.scope], ['Bearer', client.gets])
    assert.ok(first.body.refresh_token, 'also without offline_access')
    await assertServed(connected, first.body.access_token)

    const second = await refreshed(connected, first.body)
    assert.notEqual(second.refresh_token, first.body.refresh_token, 'rotated (OAuth 2.1 §4.3.1)')
    // The answer was lost: the client has nothing but the old one.
    const repeated = await refreshed(connected, first.body)
    const third = await refreshed(connected, repeated)
    clock.now += LONG_AFTER
    await refreshed(connected, third)
    clock.now += LONG_AFTER
    const stolen = await refresh(connected, first.body)
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant'])
  })

async function refreshed(connected: Connected, tokens: { refresh_token: string; scope: string }) {
  const { status, body } = await refresh(connected, tokens)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.scope, connected.client.gets)
  await assertServed(connected, body.access_token)
  return body
}

test('claude.ai registers again at each connect: the same id, and nobody is asked again', async (t) => {
  const { app } = await mcpServer(t)
  const agent = new Agent(app)
  const client = MCP_CLIENTS['claude.ai']
  const first = await register(app, client)
  assert.ok((await approve(first, agent)).asked)
  for (let connect = 0; connect < 3; connect++) {
    const again = await register(app, client)
    assert.equal(again.client_id, first.client_id)
    const { code, asked } = await approve(again, agent)
    assert.ok(!asked)
    assert.equal((await redeem(again, code)).status, 200)
  }
})
