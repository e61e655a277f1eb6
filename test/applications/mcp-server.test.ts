import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertGuarded } from './support/mcp-client.ts'
import { mcpSite } from './support/mcp-site.ts'
import { npmPackages, program } from './support/program.ts'

test('docs/mcp.md, Node: the server behind Postern lets in who has a token for it, and nobody else', async (t) => {
  const site = await mcpSite(t)
  const packages = npmPackages('mcp')
  const [install = '', code = ''] = [site.blocks('Node', 'sh')[0], site.blocks('Node', 'js')[0]]
  const { dependencies } = JSON.parse(readFileSync(join(packages, 'package.json'), 'utf8'))
  const [, names = ''] = /^npm install (.+)$/m.exec(install) ?? []
  assert.ok(
    names.split(' ').every((name) => name in dependencies),
    names,
  )
  symlinkSync(join(packages, 'node_modules'), join(site.folder, 'node_modules'))
  writeFileSync(join(site.folder, 'server.mjs'), code)
  await program(t, [process.execPath, 'server.mjs'], { url: site.resource, cwd: site.folder })
  await assertGuarded(site)
})
