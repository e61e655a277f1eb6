import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertGuarded } from './support/mcp-client.ts'
import { nodeServer } from './support/mcp-server.ts'
import { mcpSite } from './support/mcp-site.ts'
import { npmPackages } from './support/program.ts'

test('docs/mcp.md, Node: the server behind Postern lets in who has a token for it, and nobody else', async (t) => {
  const site = await mcpSite(t)
  const { dependencies } = JSON.parse(readFileSync(join(npmPackages('mcp'), 'package.json'), 'utf8'))
  const [, names = ''] = /^npm install (.+)$/m.exec(site.blocks('Node', 'sh')[0] ?? '') ?? []
  assert.ok(names !== '' && names.split(' ').every((name) => name in dependencies), names)
  await nodeServer(t, site)
  await assertGuarded(site)
})
