import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HttpBrowser } from '../../support/http-browser.ts'
import { freePort } from '../../support/listen.ts'
import { until } from '../../support/until.ts'
import { nodeServer } from '../support/mcp-server.ts'
import { type McpSite, mcpSite } from '../support/mcp-site.ts'
import { npmPackages } from '../support/program.ts'
import { applicationBrowser, logIn } from '../support/site.ts'

const newPage = applicationBrowser()

interface Client {
  packages: string
  words: string[]
  env?: Record<string, string>
}

/** Starts a client, which ends with the test. The function that it gives waits until `shown` fits what was written, and gives that part. */
async function start(
  t: TestContext,
  { folder }: McpSite,
  { packages, words: [name = '', ...rest], env }: Client,
) {
  const bin = join(npmPackages(packages), 'node_modules/.bin', name)
  // It opens no browser, and knows no server of before.
  const own = { HOME: folder, BROWSER: 'true', ...env }
  const client = spawn(process.execPath, [bin, ...rest], {
    cwd: folder,
    env: { ...process.env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(client, 'exit')
  t.after(async () => {
    client.kill('SIGKILL')
    await ended
  })
  let out = ''
  for (const stream of [client.stdout, client.stderr])
    stream.on('data', (chunk) => {
      out += chunk
    })
  return async (shown: RegExp): Promise<string> => {
    await until(
      () => shown.test(out),
      () => `${name} shows ${shown}: ${out}`,
    )
    return shown.exec(out)?.[0] as string
  }
}

/** The person logs in at the address that the client prints. */
async function logInAt(site: McpSite, shows: (shown: RegExp) => Promise<string>): Promise<void> {
  const asked = new URL(await shows(/http:\/\/localhost:\d+\/oauth\/authorize\?[\w?=&%.~-]+/))
  assert.equal(asked.searchParams.get('resource'), site.resource)
  const back = asked.searchParams.get('redirect_uri') as string
  const answer = await new HttpBrowser().walk(asked.href, back, site.ada)
  assert.equal((await fetch(answer)).status, 200)
}

const loopback = async () => `http://127.0.0.1:${await freePort()}`

test('docs/mcp.md: the line of the MCP Inspector, to the answer of the server', async (t) => {
  const site = await mcpSite(t)
  await nodeServer(t, site)
  const [, line = ''] = /inspector\S* (--cli .+)$/m.exec(site.blocks('Try it', 'sh')[0] ?? '') ?? []
  const env = { MCP_AUTO_OPEN_ENABLED: 'true', MCP_OAUTH_CALLBACK_URL: `${await loopback()}/oauth/callback` }
  const words = ['mcp-inspector', ...line.split(' ')]
  const shows = await start(t, site, { packages: 'mcp-inspector', words, env })
  await logInAt(site, shows)
  await shows(/"tools": \[\s*\{\s*"name": "read_notes"/)
})

test('docs/mcp.md: the page of the MCP Inspector connects, in a browser', async (t) => {
  const site = await mcpSite(t)
  await nodeServer(t, site)
  const [CLIENT_PORT, MCP_SANDBOX_PORT] = [String(await freePort()), String(await freePort())]
  const env = { CLIENT_PORT, MCP_SANDBOX_PORT, MCP_AUTO_OPEN_ENABLED: 'false' }
  const words = ['mcp-inspector', '--web', '--transport', 'http', '--server-url', site.resource]
  const shows = await start(t, site, { packages: 'mcp-inspector', words, env })
  const page = await newPage()
  const url = await shows(/http:\/\/127\.0\.0\.1:\d+\/?\?MCP_INSPECTOR_API_TOKEN=\w+/)
  await page.goto(url)
  await page.getByRole('switch').click({ force: true })
  await page.waitForURL((at) => at.origin === site.issuer)
  await logIn(page, new URL(url).origin)
  await page.getByText('TOOLS/LIST', { exact: false }).first().waitFor()
})

test('docs/mcp.md: mcp-remote, for what knows stdio only, connects', async (t) => {
  const site = await mcpSite(t)
  await nodeServer(t, site)
  const words = ['mcp-remote-client', site.resource]
  const shows = await start(t, site, { packages: 'mcp-clients', words })
  await logInAt(site, shows)
  await shows(/Connected successfully/)
})
