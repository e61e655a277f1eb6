import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { McpSite } from './mcp-site.ts'
import { npmPackages, program } from './program.ts'

/** Runs the MCP server that docs/mcp.md has for Node. */
export async function nodeServer(t: TestContext, site: McpSite): Promise<void> {
  symlinkSync(join(npmPackages('mcp'), 'node_modules'), join(site.folder, 'node_modules'))
  writeFileSync(join(site.folder, 'server.mjs'), site.blocks('Node', 'js')[0] ?? '')
  await program(t, [process.execPath, 'server.mjs'], { url: site.resource, cwd: site.folder })
}
