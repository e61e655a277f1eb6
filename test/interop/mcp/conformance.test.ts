import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ClientEntry } from '../../../src/config/schema.ts'
import { npmPackages } from '../../applications/support/program.ts'
import { documentServer } from '../../support/document-server.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { register } from '../../support/introduced.ts'
import { freePort } from '../../support/listen.ts'
import { until } from '../../support/until.ts'
import { ADMIN, mcpSite } from './support/site.ts'

// Milliseconds: the suite itself would wait for the browser for five minutes.
const PATIENCE = 120_000

/** The suite's command with these words. Gives its output and how it ended; `meanwhile` gets what it has said so far. */
async function conformance(
  t: TestContext,
  words: readonly string[],
  meanwhile: (said: () => string) => Promise<void> = async () => {},
) {
  const program = join(
    npmPackages('mcp-clients'),
    'node_modules/@modelcontextprotocol/conformance/dist/index.js',
  )
  const child = spawn(process.execPath, [program, ...words], { timeout: PATIENCE, killSignal: 'SIGKILL' })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk
    })
  const [[code]] = await Promise.all([once(child, 'close'), meanwhile(() => said)])
  return { code, said }
}

/** Who the suite is, and at which issuer. */
const CLIENTS = {
  async 'a client that registers'(t: TestContext, end: string) {
    const site = await mcpSite(t, { format: 'jwt' })
    const { body } = await register(site.app, 'Conformance', end)
    return { site, as: ['--client-id', body.client_id] }
  },
  async 'a client of a document, an issuer with a path'(t: TestContext) {
    const site = await mcpSite(t, { format: 'opaque', path: '/tenant' })
    const { serve } = await documentServer(t)
    const about = { client_name: 'Conformance', redirect_uris: ['http://127.0.0.1/callback'] }
    const client_id = serve('/client.json', { ...about, token_endpoint_auth_method: 'none' })
    return { site, as: ['--client-id', client_id] }
  },
  async 'a client with a secret'(t: TestContext) {
    const client = { client_id: 'suite', client_secret: 'a secret of the suite' }
    const clients: ClientEntry[] = [
      { ...client, redirect_uris: ['http://127.0.0.1/callback'], scope: 'notes.read' },
    ]
    const site = await mcpSite(t, { format: 'jwt', clients })
    return { site, as: ['--client-id', client.client_id, '--client-secret', client.client_secret] }
  },
}

/** Checks that fail although the server is right: how, in the suite's words. Each stands in docs/conformance.md. */
const EXCEPTIONS: Record<string, Record<string, string>> = {
  // It sends no secret where `token_endpoint_auth_methods_supported` has `none`, though it was given one. RFC 6749 §3.2.1: a client
  // with a secret must authenticate.
  'a client with a secret': { 'authorization-code-grant': 'FAILURE Invalid status code: 401' },
}

const RUNS = [
  ['a client that registers', '2025-03-26'],
  ['a client that registers', '2025-06-18'],
  ['a client that registers', '2025-11-25'],
  ['a client that registers', '2026-07-28'],
  ['a client of a document, an issuer with a path', '2026-07-28'],
  ['a client with a secret', '2026-07-28'],
] as const

for (const [who, version] of RUNS)
  test(`the MCP conformance suite: every scenario for authorization servers, ${version}, ${who}`, async (t) => {
    const port = String(await freePort())
    const end = `http://127.0.0.1:${port}/callback`
    const folder = mkdtempSync(join(tmpdir(), 'postern-conformance-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const { site, as } = await CLIENTS[who](t, end)
    const { said: list } = await conformance(t, ['list', '--authorization', '--spec-version', version])
    const scenarios = [...list.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name)
    assert.ok(scenarios.length >= 2, list)

    const to = ['--url', site.issuer, '--resource', site.resource, '--port', port]
    const words = ['authorization', ...to, ...as, '--spec-version', version, '-o', folder]
    const { code, said } = await conformance(t, words, async (said) => {
      await until(() => said().includes('Waiting up to'), said)
      const [url = ''] = /^http\S+\/oauth\/authorize\?\S+$/m.exec(said()) ?? []
      await fetch(await new HttpBrowser().walk(url, end, ADMIN))
    })
    const wrong: Record<string, string> = EXCEPTIONS[who] ?? {}
    for (const scenario of scenarios) {
      const [path, ...more] = globSync(join(folder, `authorization-server-${scenario}-*/checks.json`))
      assert.ok(path !== undefined && more.length === 0, said)
      const checks = JSON.parse(readFileSync(path, 'utf8'))
      assert.ok(checks.length > 0, said)
      for (const { id, status, errorMessage } of checks) {
        const found = errorMessage ? `${status} ${errorMessage}` : status
        assert.equal(found, wrong[id] ?? 'SUCCESS', `${id}: ${said}`)
      }
    }
    assert.equal(code, Object.keys(wrong).length === 0 ? 0 : 1, said)
  })
