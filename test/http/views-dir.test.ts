import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Entries } from '../../src/config/schema.ts'
import { renderSamples } from '../../src/http/sample-pages.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

const BUILT_IN = join(import.meta.dirname, '../../views')

test('VIEWS_DIR: a copy serves; what does not compile, also a partial, stops the start by its name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const copy = () => cpSync(BUILT_IN, folder, { recursive: true })
  const start = () => buildServer(t, { env: { VIEWS_DIR: folder } })
  copy()
  const login = readFileSync(join(BUILT_IN, 'login.ejs'), 'utf8')
  writeFileSync(join(folder, 'login.ejs'), login.replace('<form', '<p>Ours</p><form'))
  const { app } = await start()
  assert.match((await app.inject({ url: '/login', headers: { host: 'localhost' } })).body, /<p>Ours</)

  for (const name of ['head', 'foot', 'client', 'links', 'notice', 'login']) {
    copy()
    for (const wrong of ['<% if ( { %>', '<%= a', "<%- include('nowhere') %>"]) {
      writeFileSync(join(folder, `${name}.ejs`), wrong)
      const message = new RegExp(
        `^VIEWS_DIR (has ${name}\\.ejs, which does not compile: |lacks nowhere\\.ejs, which ${name}).+`,
      )
      await assert.rejects(start(), { name: 'ConfigError', message })
    }
  }
})

test('VIEWS_DIR: one file alone is enough: a page, a part of every page, or the stylesheet', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const page = async () => {
    const { app } = await buildServer(t, { env: { VIEWS_DIR: folder } })
    const { body } = await app.inject({ url: '/login', headers: { host: 'localhost' } })
    const style = /href="([^"]*postern\.css[^"]*)"/.exec(body)?.[1] ?? ''
    return { body, css: (await app.inject({ url: style, headers: { host: 'localhost' } })).body }
  }
  assert.match((await page()).body, /name="password"/)
  writeFileSync(join(folder, 'foot.ejs'), '</main><p>Our foot</p></body></html>')
  const own = await page()
  assert.match(own.body, /name="password"[\s\S]*Our foot/)
  assert.doesNotMatch(own.body, /class="sign"/)
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets/postern.css'), 'body { color: red }')
  assert.equal((await page()).css, 'body { color: red }')
  await renderSamples(folder)
})

test('VIEWS_DIR: what is missing, no folder, or open to everybody is said in a sentence', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const refused = (VIEWS_DIR: string, message: RegExp) =>
    assert.rejects(buildServer(t, { env: { VIEWS_DIR } }), { name: 'ConfigError', message })
  await refused(
    '/nowhere',
    /^VIEWS_DIR is "\/nowhere", which does not exist; in a container it must be mounted/,
  )
  await refused(join(BUILT_IN, 'login.ejs'), /^VIEWS_DIR is ".*", which is not a folder$/)
  // Templates and scripts are code: whoever may write them is the server.
  for (const name of ['login.ejs', 'head.ejs', 'assets/form-post.js']) {
    cpSync(BUILT_IN, folder, { recursive: true })
    chmodSync(join(folder, name), 0o666)
    await refused(
      folder,
      new RegExp(`^VIEWS_DIR has ${name}, which can be changed by everybody \\(mode 666\\)`),
    )
    chmodSync(join(folder, name), 0o644)
  }
  rmSync(join(folder, 'login.ejs'))
  mkdirSync(join(folder, 'login.ejs'))
  await refused(folder, /^VIEWS_DIR has .*login\.ejs, which is a folder/)
})

test('VIEWS_DIR: a page that the folder lacks is the built-in one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(BUILT_IN, folder, { recursive: true })
  rmSync(join(folder, 'not-allowed.ejs'))
  const change = ({ clients }: Entries) => Object.assign(clients[0] as object, { allowed_groups: ['nobody'] })
  const { app, config } = await buildServer(t, { env: { VIEWS_DIR: folder }, change })
  const agent = new Agent(app)
  const page = await agent.login(await agent.get(WALK))
  assert.match(page.body, /You cannot use this app/)
  await renderSamples(config.env.VIEWS_DIR)
})

test('VIEWS_DIR: parts of parts have what was handed to them; of two folders each has its own', async (t) => {
  const pages = ['one', 'two'].map(async (word) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const write = (name: string, text: string) => writeFileSync(join(folder, `${name}.ejs`), text)
    write('login', "<%- include('outer', { word: 'handed' }) %>, <%= typeof locals.word %>")
    write('outer', "<%- include('inner') %>")
    write('inner', `${word} <%= word %> <%= lang %>`)
    const { app } = await buildServer(t, { env: { VIEWS_DIR: folder } })
    const page = () => app.inject({ url: '/login', headers: { host: 'localhost' } })
    await page()
    return (await page()).body
  })
  const [one = '', two = ''] = await Promise.all(pages)
  assert.match(one, /^one handed en, undefined$/)
  assert.equal(two, one.replace('one', 'two'))
})
