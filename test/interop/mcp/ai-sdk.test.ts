import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { npmPackages } from '../../applications/support/program.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { type Kept, providerOf, REDIRECT } from '../../support/mcp/provider.ts'
import { ADMIN, mcpSite } from './support/site.ts'

// It has an OAuth client of its own, beside that of the MCP SDK.
test('the AI SDK: registers, has the person log in, calls the tool, refreshes', async (t) => {
  const site = await mcpSite(t, { format: 'opaque' })
  const load = createRequire(join(npmPackages('mcp-clients'), 'package.json'))
  const { auth, createMCPClient } = await import(load.resolve('@ai-sdk/mcp'))
  const kept: Kept = {}
  const authProvider = {
    ...providerOf(kept, 'AI SDK'),
    state: () => 'a state',
    saveState(state: string) {
      kept.state = state
    },
    storedState: () => kept.state,
    authorizationServerInformation: () => kept.server,
    saveAuthorizationServerInformation(server: object) {
      kept.server = server
    },
  }
  const call = async (name: string) => {
    const client = await createMCPClient({ transport: { type: 'http', url: site.resource, authProvider } })
    try {
      const { content } = await (await client.tools())[name].execute({}, {})
      return content[0].text
    } finally {
      await client.close()
    }
  }
  await assert.rejects(call('read_notes'), { name: 'UnauthorizedError' })
  const { searchParams } = await new HttpBrowser().walk(kept.url?.href ?? '', REDIRECT, ADMIN)
  const [authorizationCode, callbackState, callbackIssuer] = ['code', 'state', 'iss'].map((name) =>
    searchParams.get(name),
  )
  const answer = { authorizationCode, callbackState, callbackIssuer }
  assert.equal(await auth(authProvider, { serverUrl: site.resource, ...answer }), 'AUTHORIZED')
  assert.equal(await call('read_notes'), 'the notes of admin are read')

  const { tokens } = kept
  delete kept.url
  site.clock.now += 3600
  assert.equal(await call('read_notes'), 'the notes of admin are read')
  assert.equal(kept.url, undefined)
  assert.notEqual(kept.tokens?.access_token, tokens?.access_token)
  assert.equal(kept.tokens?.scope, 'notes.read')
})
