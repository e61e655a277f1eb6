import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { pino } from 'pino'
import { checkConfig } from '../../src/commands/check-config.ts'
import { outputTo } from '../../src/commands/output.ts'
import { loadConfig } from '../../src/config/config.ts'
import { renderSamples } from '../../src/http/sample-pages.ts'
import { BUILT_IN } from '../../src/http/templates.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'

const VIEWS = [
  'login',
  'select-account',
  'consent',
  'error',
  'logout',
  'home',
  'form-post',
  'account',
  'account-password',
  'account-profile',
]

test('every template renders with its samples, in every branch', async () => {
  await renderSamples(BUILT_IN)
})

test('check-config finds the template that compiles and then throws, in a branch or a partial too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-samples-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const config = loadConfig({ VIEWS_DIR: folder })
  const nowhere = new PassThrough().resume()
  const output = outputTo({ stdout: nowhere, stderr: nowhere }, { json: false })
  const check = () => checkConfig(config, output)
  const copy = () => cpSync(BUILT_IN, folder, { recursive: true })
  copy()
  await check()
  const broken = '<% if (locals.notice) { %><%= notice.nothing.more %><% } %>'
  for (const name of [...VIEWS.filter((view) => !['error', 'form-post', 'home'].includes(view)), 'notice']) {
    copy()
    const path = join(folder, `${name}.ejs`)
    writeFileSync(path, `${readFileSync(path, 'utf8')}${broken}`)
    await assert.rejects(check(), {
      name: 'ConfigError',
      message: new RegExp(`^the template .*${name}\\.ejs"?:\\d+ cannot be rendered: Cannot read properties`),
    })
    // The start compiles it only: a page that throws is one page, not the server.
    const app = await createServer(config, { store: new MemoryStore(), log: pino({ level: 'silent' }) })
    await app.close()
  }
  for (const name of VIEWS) {
    copy()
    writeFileSync(join(folder, `${name}.ejs`), '<%= nobody %>')
    await assert.rejects(check(), {
      message: new RegExp(`${name}\\.ejs"?:1 cannot be rendered: nobody is not defined`),
    })
  }
})
