import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HttpBrowser } from '../../support/http-browser.ts'
import { until } from '../../support/until.ts'
import { nodeServer } from '../support/mcp-server.ts'
import { type McpSite, mcpSite } from '../support/mcp-site.ts'
import { npmPackages } from '../support/program.ts'

const ASKS = /http:\/\/localhost:\d+\/oauth\/authorize\?[\w?=&%.~-]+/

/** Runs a client; the person logs in at the address that it prints. Gives all that it has written, once it says `last`. */
async function run(
  t: TestContext,
  site: McpSite,
  { packages, words: [name = '', ...rest], last }: { packages: string; words: string[]; last: string },
): Promise<string> {
  const bin = join(npmPackages(packages), 'node_modules/.bin')
  // Nobody has a browser for it to open, nor any server of before.
  const own = { HOME: site.folder, BROWSER: 'true', MCP_AUTO_OPEN_ENABLED: 'true' }
  const client = spawn(process.execPath, [join(bin, name), ...rest], {
    cwd: site.folder,
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
  await until(
    () => ASKS.test(out),
    () => `${name} asks for a login: ${out}`,
  )
  const asked = new URL(ASKS.exec(out)?.[0] as string)
  assert.equal(asked.searchParams.get('resource'), site.resource)
  const back = asked.searchParams.get('redirect_uri') as string
  const answer = await new HttpBrowser().walk(asked.href, back, site.ada)
  assert.equal((await fetch(answer)).status, 200)
  await until(
    () => out.includes(last),
    () => `${name} has what it asked for: ${out}`,
  )
  return out
}

test('docs/mcp.md: the line of the MCP Inspector, to the answer of the tool', async (t) => {
  const site = await mcpSite(t)
  await nodeServer(t, site)
  const [, line = ''] = /inspector\S* (--cli .+)$/m.exec(site.blocks('Try it', 'sh')[0] ?? '') ?? []
  const words = ['mcp-inspector', ...line.split(' ')]
  const out = await run(t, site, { packages: 'mcp-inspector', words, last: 'read_notes' })
  assert.match(out, /"tools": \[/)
})

test('docs/mcp.md: mcp-remote, for what knows stdio only, connects', async (t) => {
  const site = await mcpSite(t)
  await nodeServer(t, site)
  const words = ['mcp-remote-client', site.resource]
  await run(t, site, { packages: 'mcp-clients', words, last: 'Connected successfully' })
})
