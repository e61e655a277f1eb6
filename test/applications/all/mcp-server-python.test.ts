import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertGuarded } from '../support/mcp-client.ts'
import { mcpSite } from '../support/mcp-site.ts'
import { program, pythonPackages } from '../support/program.ts'

test('docs/mcp.md, Python: the server behind Postern lets in who has a token for it, and nobody else', async (t) => {
  const site = await mcpSite(t)
  const [install = '', code = ''] = [site.blocks('Python', 'sh')[0], site.blocks('Python', 'py')[0]]
  assert.match(install, /^pip install mcp\n/)
  writeFileSync(join(site.folder, 'server.py'), code)
  const python = join(pythonPackages('mcp'), 'python')
  await program(t, [python, 'server.py'], { url: site.resource, cwd: site.folder })
  await assertGuarded(site)
})
