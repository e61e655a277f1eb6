import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { npmPackages } from '../../applications/support/program.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { register } from '../../support/introduced.ts'
import { freePort } from '../../support/listen.ts'
import { buildServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'
import { ADMIN, mcpSite, type Site } from './support/site.ts'

/** A folder for what mcp-remote keeps, the port where it listens, and a browser that writes down where it is sent. */
async function desk(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-mcp-remote-'))
  // It may still write there while it ends.
  t.after(() => rmSync(folder, { recursive: true, maxRetries: 20 }))
  const sent = join(folder, 'sent')
  // By each of the names under which a browser is started.
  for (const name of ['browser', 'open', 'xdg-open'])
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\nprintf %s "$1" > '${sent}.part' && mv '${sent}.part' '${sent}'\n`,
      {
        mode: 0o700,
      },
    )
  return { folder, sent, port: await freePort() }
}

/** Starts mcp-remote as an editor does, and connects to it by its standard input and output. */
async function connect(
  t: TestContext,
  { resource }: Site,
  { folder, port }: { folder: string; port: number },
) {
  const load = createRequire(join(npmPackages('mcp'), 'package.json'))
  const { Client } = await import(load.resolve('@modelcontextprotocol/client'))
  const { StdioClientTransport } = await import(load.resolve('@modelcontextprotocol/client/stdio'))
  const transport = new StdioClientTransport({
    command: process.execPath,
    // The port that it would choose by itself may be one that `fetch` keeps away from.
    args: [
      join(npmPackages('mcp-clients'), 'node_modules/mcp-remote/dist/proxy.js'),
      ...[resource, String(port)],
    ],
    env: {
      ...{ HOME: folder, MCP_REMOTE_CONFIG_DIR: folder, PATH: `${folder}:${process.env.PATH}` },
      BROWSER: join(folder, 'browser'),
    },
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const client = new Client({ name: 'editor', version: '1.0.0' })
  t.after(() => client.close())
  return { client, connected: client.connect(transport), said: () => said }
}

/** What the tool says. */
async function use(
  client: { callTool(call: object): Promise<{ content: { text: string }[] }> },
  name: string,
) {
  const { content } = await client.callTool({ name, arguments: {} })
  return content[0]?.text
}

/** Goes where mcp-remote has sent the browser, and back to it with the code. Gives the scope that was asked for. */
function loggingIn({ resource }: Site, sent: string): (said: () => string) => Promise<string | null> {
  const browser = new HttpBrowser()
  return async (said) => {
    await until(() => existsSync(sent), said)
    const asked = new URL(readFileSync(sent, 'utf8'))
    rmSync(sent)
    assert.equal(asked.searchParams.get('resource'), resource)
    const back = await browser.walk(asked.href, asked.searchParams.get('redirect_uri') ?? '', ADMIN)
    // It may send the browser before it listens itself.
    let answer: Response | undefined
    await until(async () => {
      answer = await fetch(back).catch(() => undefined)
      return answer !== undefined
    }, said)
    assert.equal(answer?.status, 200)
    return asked.searchParams.get('scope')
  }
}

const READS = 'the notes of admin are read'

test('mcp-remote: registers, has the person log in, refreshes, steps up; and comes back without a browser', async (t) => {
  const site = await mcpSite(t, { format: 'opaque' })
  const own = await desk(t)
  const logIn = loggingIn(site, own.sent)
  const first = await connect(t, site, own)
  assert.equal(await logIn(first.said), 'notes.read')
  await first.connected
  const { tools } = await first.client.listTools()
  assert.deepEqual(
    tools.map(({ name }: { name: string }) => name),
    ['read_notes', 'write_notes'],
  )
  assert.equal(await use(first.client, 'read_notes'), READS)

  site.clock.now += 3600
  assert.equal(await use(first.client, 'read_notes'), READS)

  const [written, scope] = await Promise.all([use(first.client, 'write_notes'), logIn(first.said)])
  assert.deepEqual([written, scope], ['the notes of admin are written', 'notes.read notes.write'])
  await first.client.close()

  site.clock.now += 3600
  const second = await connect(t, site, own)
  await second.connected
  assert.equal(await use(second.client, 'write_notes'), 'the notes of admin are written')
  assert.equal(existsSync(own.sent), false)
  await second.client.close()
})

test('mcp-remote: a registration that is worth nothing any more is made anew', async (t) => {
  const site = await mcpSite(t, { format: 'opaque' })
  const own = await desk(t)
  const logIn = loggingIn(site, own.sent)
  const first = await connect(t, site, own)
  await logIn(first.said)
  await first.connected
  await first.client.close()
  // As after a loss of the store: an id under a key that is gone, and tokens that nobody knows.
  const [about = ''] = globSync(join(own.folder, '**/*_client_info.json'))
  const [tokens = ''] = globSync(join(own.folder, '**/*_tokens.json'))
  const known = JSON.parse(readFileSync(about, 'utf8'))
  const { body } = await register((await buildServer(t)).app, 'mcp-remote', ...known.redirect_uris)
  writeFileSync(about, JSON.stringify({ ...known, client_id: body.client_id }))
  const gone = { access_token: 'at_gone', refresh_token: 'rt_gone' }
  writeFileSync(tokens, JSON.stringify({ ...JSON.parse(readFileSync(tokens, 'utf8')), ...gone }))

  const second = await connect(t, site, own)
  await logIn(second.said)
  await second.connected
  assert.equal(await use(second.client, 'read_notes'), READS)
  await second.client.close()
})
