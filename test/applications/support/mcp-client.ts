import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { HttpBrowser } from '../../support/http-browser.ts'
import { type Kept, providerOf, REDIRECT } from '../../support/mcp/provider.ts'
import type { McpSite } from './mcp-site.ts'
import { mcpTokens } from './mcp-tokens.ts'
import { npmPackages } from './program.ts'

/**
 * The client of the MCP SDK finds Postern by the server's 401, registers, has the person log in, and uses the tool. Gives
 * what the tool says.
 */
export async function useTool({ resource, ada }: McpSite): Promise<string> {
  const load = createRequire(join(npmPackages('mcp'), 'package.json'))
  const sdk = await import(load.resolve('@modelcontextprotocol/client'))
  const kept: Kept = {}
  const provider = providerOf(kept, 'SDK')
  const transport = () => new sdk.StreamableHTTPClientTransport(new URL(resource), { authProvider: provider })
  const client = new sdk.Client({ name: 'test', version: '1.0.0' })
  const first = transport()
  await assert.rejects(client.connect(first), sdk.UnauthorizedError)
  const asked = kept.url as URL
  assert.deepEqual(
    [asked.searchParams.get('resource'), asked.searchParams.get('scope')],
    [resource, 'notes.read'],
  )
  const back = await new HttpBrowser().walk(asked.href, REDIRECT, ada)
  await first.finishAuth(back.searchParams)
  const connected = new sdk.Client({ name: 'test', version: '1.0.0' })
  await connected.connect(transport())
  const { content } = await connected.callTool({ name: 'read_notes', arguments: {} })
  await connected.close()
  return content[0].text
}

/** What a guarded MCP server must answer: to nobody, to tokens that are not for it, and to a client that was let in. */
export async function assertGuarded(site: McpSite): Promise<void> {
  const { issuer, resource, ada } = site
  const request = (bearer?: string) =>
    fetch(resource, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
      }),
    })
  const nobody = await request()
  assert.equal(nobody.status, 401)
  const challenge = nobody.headers.get('www-authenticate') ?? ''
  const [, where = ''] = /^Bearer .*resource_metadata="([^"]+)"/.exec(challenge) ?? []
  assert.equal(where, `${new URL(resource).origin}/.well-known/oauth-protected-resource/mcp`)
  const metadata = (await (await fetch(where)).json()) as Record<string, unknown>
  assert.deepEqual(
    [metadata.resource, metadata.authorization_servers, metadata.scopes_supported],
    [resource, [issuer], ['notes.read']],
  )

  const { right, narrow, refused } = await mcpTokens(site)
  for (const [name, token] of Object.entries(refused)) {
    const { status, headers } = await request(token)
    assert.equal(status, 401, name)
    assert.match(headers.get('www-authenticate') ?? '', /error="invalid_token".*resource_metadata=/, name)
  }
  const { status, headers } = await request(narrow)
  assert.equal(status, 403)
  assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope"/)
  assert.equal((await request(right)).status, 200)
  assert.equal(await useTool(site), `the notes of ${ada.sub}`)
}
