import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { npmPackages } from '../../applications/support/program.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { REDIRECT } from './support/sdk.ts'
import { ADMIN, mcpSite } from './support/site.ts'

interface Kept {
  url?: URL
  tokens?: { access_token: string; scope: string }
  [name: string]: unknown
}

// It has an OAuth client of its own, beside that of the MCP SDK.
test('the AI SDK: registers, has the person log in, calls the tool, refreshes', async (t) => {
  const site = await mcpSite(t, { format: 'opaque' })
  const load = createRequire(join(npmPackages('mcp-clients'), 'package.json'))
  const { auth, createMCPClient } = await import(load.resolve('@ai-sdk/mcp'))
  const kept: Kept = {}
  const keep = (name: string) => (value: unknown) => {
    kept[name] = value
  }
  const authProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name: 'AI SDK', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
    clientInformation: () => kept.client,
    saveClientInformation: keep('client'),
    tokens: () => kept.tokens,
    saveTokens: keep('tokens'),
    redirectToAuthorization: keep('url'),
    saveCodeVerifier: keep('verifier'),
    codeVerifier: () => kept.verifier,
    state: () => 'a state',
    saveState: keep('state'),
    storedState: () => kept.state,
    authorizationServerInformation: () => kept.server,
    saveAuthorizationServerInformation: keep('server'),
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
