import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, freePort, listen } from '../support/listen.ts'
import { MCP_CLIENTS, MCP_SERVER } from '../support/mcp/clients.ts'
import { withMcpServer } from '../support/mcp/walk.ts'
import type { Reply } from '../support/token-client.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
  credentials?: 'include'
}

/** What a script of the page gets to read; throws where the browser keeps it from it. */
function fetched(
  page: Page,
  url: string,
  init: Sent = {},
): Promise<{ status: number; body: Reply['body']; challenge: string | null }> {
  return page.evaluate(
    async ([address, sent]) => {
      const answer = await fetch(address, sent)
      return {
        status: answer.status,
        body: await answer.json().catch(() => undefined),
        challenge: answer.headers.get('www-authenticate'),
      }
    },
    [url, init] as const,
  )
}

for (const path of ['', '/id'])
  test(`MCP Inspector: a page of another origin finds the server, registers, logs in, gets tokens and refreshes; issuer path '${path}'`, async (t) => {
    const port = String(await freePort())
    const { issuer } = await listen(
      t,
      withMcpServer({ env: { PORT: port, ISSUER: `http://localhost:${port}${path}` } }),
    )
    const { origin } = await clientServer(t, (_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Inspector</title>')
    })
    const page = await newPage(browser)
    await page.goto(origin)
    const version = { 'mcp-protocol-version': '2026-07-28' }
    const form = (more: Record<string, string>): Sent => ({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: String(new URLSearchParams(more)),
    })

    const { origin: server } = new URL(issuer)
    const wellKnown = (name: string) =>
      fetched(page, `${server}/.well-known/${name}${path}`, { headers: version })
    for (const name of ['openid-configuration', 'oauth-protected-resource'])
      assert.equal((await wellKnown(name)).status, 200)
    const { body: metadata } = await wellKnown('oauth-authorization-server')
    assert.equal(metadata.issuer, issuer)
    assert.equal((await fetched(page, metadata.jwks_uri, { headers: version })).status, 200)

    const redirect_uri = `${origin}/oauth/callback/debug`
    const redirect_uris = [`${origin}/oauth/callback`, redirect_uri]
    const registered = await fetched(page, metadata.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...version },
      body: JSON.stringify({ ...MCP_CLIENTS['MCP Inspector'].registers, redirect_uris }),
    })
    assert.equal(registered.status, 201)
    const { client_id } = registered.body

    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id, redirect_uri, state: 's', resource: MCP_SERVER },
      ...{ code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' },
      scope: metadata.scopes_supported.join(' '),
    })
    await page.goto(`${metadata.authorization_endpoint}?${query}`)
    await login(page)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL((url) => url.href.startsWith(redirect_uri))
    const answer = new URL(page.url()).searchParams
    assert.deepEqual(answer.getAll('iss'), [issuer])

    const code = answer.get('code') ?? ''
    const own = { client_id, resource: MCP_SERVER }
    const grant = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: VERIFIER, ...own }
    const tokens = await fetched(page, metadata.token_endpoint, form(grant))
    assert.deepEqual([tokens.status, tokens.body.scope], [200, 'openid profile'])
    const again = { grant_type: 'refresh_token', refresh_token: tokens.body.refresh_token, ...own }
    const next = await fetched(page, metadata.token_endpoint, form(again))
    assert.deepEqual([next.status, next.body.scope], [200, 'openid profile'])

    // The token is for the MCP server, so userinfo refuses it, and the script may read why.
    const headers = { authorization: `Bearer ${next.body.access_token}`, ...version }
    const refused = await fetched(page, metadata.userinfo_endpoint, { headers })
    assert.equal(refused.status, 401)
    assert.match(String(refused.challenge), /invalid_token/)
    const token = next.body.refresh_token
    assert.equal((await fetched(page, metadata.revocation_endpoint, form({ token, client_id }))).status, 200)
    const gone = await fetched(page, metadata.token_endpoint, form({ ...again, refresh_token: token }))
    assert.deepEqual([gone.status, gone.body.error], [400, 'invalid_grant'])

    // What the person's own session opens is nobody's to read, nor is anything with their cookies.
    for (const own of ['/', '/login', `/oauth/authorize?${query}`])
      await assert.rejects(fetched(page, issuer + own), /Failed to fetch/, own)
    for (const url of [metadata.token_endpoint, metadata.jwks_uri])
      await assert.rejects(fetched(page, url, { credentials: 'include' }), /Failed to fetch/, url)
  })
