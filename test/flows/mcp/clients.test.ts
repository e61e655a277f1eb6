import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../../support/browser-agent.ts'
import { MCP_CLIENTS, type McpClient } from '../../support/mcp/clients.ts'
import { approve, mcpServer, redeem, redeemAndRefresh, register } from '../../support/mcp/walk.ts'

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
