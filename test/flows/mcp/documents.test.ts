import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readEntries } from '../../../src/config/file.ts'
import type { ClientEntry } from '../../../src/config/schema.ts'
import { assertion, keyPair, type Pair } from '../../support/assertions.ts'
import { Agent } from '../../support/browser-agent.ts'
import { type DocumentServer, documentServer } from '../../support/document-server.ts'
import { type DescribedClient, MCP_DOCUMENTS } from '../../support/mcp/documents.ts'
import {
  approve,
  asking,
  type Connected,
  mcpServer,
  redeem,
  redeemAndRefresh,
  register,
} from '../../support/mcp/walk.ts'

/** Serves its document on this machine, under the same path. */
function describedAt(site: DocumentServer, { url, document, ...client }: DescribedClient) {
  const here = (value: unknown) =>
    value === undefined ? undefined : site.origin + new URL(String(value)).pathname
  const { logo_uri, jwks_uri } = document
  const own = { ...document, logo_uri: here(logo_uri), jwks_uri: here(jwks_uri) }
  return { client: { ...client, registers: document }, client_id: site.serve(new URL(url).pathname, own) }
}

async function connectedTo(t: TestContext, described: DescribedClient) {
  const site = await documentServer(t)
  const server = await mcpServer(t)
  const connected: Connected = { app: server.app, ...describedAt(site, described) }
  return { site, connected, ...server }
}

for (const [name, described] of Object.entries<DescribedClient>(MCP_DOCUMENTS))
  test(`${name}, by its document: is approved, gets tokens for the MCP server, refreshes in its own way`, async (t) => {
    const { site, connected, clock } = await connectedTo(t, described)
    const { code, consent = '' } = await approve(connected)
    assert.ok(consent.includes('Nobody here has checked this app'))
    for (const shown of [described.document.client_name, new URL(site.origin).host, 'Use Notes for you'])
      assert.ok(consent.includes(String(shown)), String(shown))
    // MCP: where the browser goes MUST be shown, and more said if that is on the device.
    assert.ok(consent.includes(new URL(described.redirect_uri).host))
    const onDevice = described.redirect_uri.startsWith('http:')
    assert.equal(consent.includes('runs on your own device'), onDevice)
    await redeemAndRefresh(connected, code, clock)
    const { pathname } = new URL(described.url)
    assert.equal(site.asked.filter((path) => path === pathname).length, 1)
  })

test('a redirect URI with another path than the document has is refused on a page (opencode#50510)', async (t) => {
  const { connected } = await connectedTo(t, MCP_DOCUMENTS.OpenCode)
  for (const redirect_uri of [
    'http://127.0.0.1:19876/mcp/oauth/callback',
    'http://127.0.0.1:19876/',
    'https://127.0.0.1:19876/callback',
    'http://127.0.0.2:19876/callback',
    'http://localhost.evil.example/callback',
  ]) {
    const client = { ...connected.client, redirect_uri }
    const page = await new Agent(connected.app).get(asking({ ...connected, client }))
    assert.deepEqual([page.statusCode, page.headers.location], [400, undefined], redirect_uri)
  }
})

test('M11: an address that the configuration has as a client is that client, as docs/mcp.md has it: nothing is fetched', async (t) => {
  const site = await documentServer(t)
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/mcp.md'), 'utf8')
  const { url, document } = MCP_DOCUMENTS['Claude Code']
  const [, block = ''] =
    new RegExp(`\`\`\`yaml\n(clients:\n  - client_id: ${url}\n[^]*?)\`\`\``).exec(docs) ?? []
  const [written] = readEntries(block.replace(url, site.origin + new URL(url).pathname), 'docs', {}).clients
  assert.deepEqual(written?.redirect_uris, document.redirect_uris)
  const { app, clock } = await mcpServer(t, {
    clients: [{ ...(written as ClientEntry), scope: MCP_DOCUMENTS['Claude Code'].gets }],
  })
  const { client, client_id } = describedAt(site, MCP_DOCUMENTS['Claude Code'])
  const connected = { app, client, client_id }
  const { code, consent = '' } = await approve(connected)
  assert.ok(consent.includes('Claude Code') && !consent.includes('Nobody here has checked'))
  await redeemAndRefresh(connected, code, clock)
  assert.deepEqual(site.asked, [])
})

test('ChatGPT may sign too, by its document and by registration: what another key has signed is refused', async (t) => {
  const described = MCP_DOCUMENTS.ChatGPT
  const { site, connected, app, clock } = await connectedTo(t, described)
  const [own, other] = [await keyPair('RS256', 'cimd-1'), await keyPair('RS256', 'cimd-1')]
  const jwks_uri = site.answer('/oauth/jwks.json', (response) => {
    const headers = { 'content-type': 'application/json' }
    response.writeHead(200, headers).end(JSON.stringify({ keys: [own.jwk] }))
  })
  const signed = (pair: Pair) => (client_id: string) => assertion(client_id, pair, clock.now)
  const registers = { ...described.document, jwks_uri }
  const registered = await register(app, { ...connected.client, registers })
  for (const one of [connected, registered]) {
    const { code } = await approve(one)
    const forged = await redeem({ ...one, sign: signed(other) }, code)
    assert.deepEqual([forged.status, forged.body.error], [401, 'invalid_client'])
    await redeemAndRefresh({ ...one, sign: signed(own) }, code, clock)
  }
})
