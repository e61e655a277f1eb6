import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { commandBeside } from '../../support/command-line.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { freePort } from '../../support/listen.ts'
import { program } from './program.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Postern and a person of it, by the lines of docs/mcp.md, and where the MCP server is to run. */
export interface McpSite {
  issuer: string
  /** The MCP server, and another one that Postern has tokens of the same scope for. */
  resource: string
  other: string
  ada: { username: string; password: string; sub: string }
  /** The blocks of this language under the heading, with the addresses of this machine in place of the document's. */
  blocks(heading: string, language: string): string[]
  /** A folder for what is written there. */
  folder: string
}

/** Does what docs/mcp.md says up to the MCP server itself. */
export async function mcpSite(t: TestContext): Promise<McpSite> {
  const [port, serverPort] = [String(await freePort()), String(await freePort())]
  const text = readFileSync(join(ROOT, 'docs/mcp.md'), 'utf8')
    .replaceAll('localhost:8000', `localhost:${port}`)
    .replaceAll('3000', serverPort)
  const blocks = (heading: string, language: string) => {
    const section = text.split(/^#+ /m).find((one) => one.startsWith(`${heading}\n`)) ?? ''
    const found = [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    if (found.length === 0) throw new Error(`${heading} has no block of ${language}`)
    return found.map(([, block]) => block as string)
  }
  const folder = mkdtempSync(join(tmpdir(), 'postern-mcp-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const FIRST = 'MCP servers and agents'
  const other = 'http://localhost:9/other'
  const same = '{ public: true, access_token_format: jwt, scopes: [notes.read]'
  const [yaml = ''] = blocks(FIRST, 'yaml')
  const another = yaml.replace('resources:\n', `resources:\n  - ${same}, resource: '${other}' }\n`)
  writeFileSync(join(folder, 'postern.yaml'), another)

  const [set = '', person = ''] = blocks(FIRST, 'sh')
  assert.match(set, /\nnpm start\n$/)
  execFileSync('sh', ['-ec', set.replace('npm start', '')], { cwd: folder })
  const issuer = `http://localhost:${port}`
  const start = join(ROOT, 'src/start.js')
  await program(t, [process.execPath, start], { url: issuer, cwd: folder, env: { PORT: port } })
  const [, words = ''] = /^npx postern (.+)\n$/.exec(person) ?? []
  const { link, sub } = (await commandBeside({ PORT: port }, folder)([...words.split(' '), '--json'])).json()
  const password = 'a password of ada'
  const browser = new HttpBrowser()
  const chosen = await browser.submit(await browser.open(link), { password, again: password })
  assert.equal(chosen.status, 200, chosen.body)
  const ada = { username: 'ada', password, sub }
  return { issuer, resource: `http://localhost:${serverPort}/mcp`, other, ada, blocks, folder }
}
