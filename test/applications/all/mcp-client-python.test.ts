import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ADMIN, mcpSite } from '../../interop/mcp/support/site.ts'
import { HttpBrowser } from '../../support/http-browser.ts'
import { pythonPackages } from '../support/program.ts'

const REDIRECT = 'http://127.0.0.1:33418/callback'
const SCRIPT = join(import.meta.dirname, '../python/mcp_client.py')
// Milliseconds.
const PATIENCE = 120_000

for (const format of ['opaque', 'jwt'] as const)
  test(`the MCP SDK for Python: registers, ${format} tokens: tool, refresh, step-up`, async (t) => {
    const site = await mcpSite(t, { format })
    const words = [SCRIPT, site.resource, REDIRECT]
    const child = spawn(join(pythonPackages('mcp'), 'python'), words, { timeout: PATIENCE })
    t.after(() => child.kill('SIGKILL'))
    let complaints = ''
    child.stderr.on('data', (chunk) => {
      complaints += chunk
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (verb: 'go' | 'says') => {
      const { value = '' } = await lines.next()
      assert.ok(value.startsWith(`${verb} `), value + complaints)
      return value.slice(verb.length + 1)
    }
    const tell = (line: string) => child.stdin.write(`${line}\n`)
    const browser = new HttpBrowser()
    const logIn = async () => {
      const asked = new URL(await next('go'))
      assert.equal(asked.searchParams.get('resource'), site.resource)
      tell((await browser.walk(asked.href, REDIRECT, ADMIN)).href)
      return asked.searchParams.get('scope')
    }

    tell('call read_notes')
    assert.equal(await logIn(), 'notes.read')
    assert.equal(await next('says'), 'the notes of admin are read')
    site.clock.now += 3600
    tell('expire')
    tell('call read_notes')
    assert.equal(await next('says'), 'the notes of admin are read')
    tell('call write_notes')
    assert.equal(await logIn(), 'notes.read notes.write')
    assert.equal(await next('says'), 'the notes of admin are written')
    site.clock.now += 3600
    tell('expire')
    tell('call write_notes')
    assert.equal(await next('says'), 'the notes of admin are written')
    assert.equal(site.opened.at(-1), 'notes.read notes.write')
  })
