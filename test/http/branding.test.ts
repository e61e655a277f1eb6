import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrandingEntry } from '../../src/config/branding.ts'
import { readEntries } from '../../src/config/file.ts'
import { accentOn, contrast } from '../../src/http/brand/colours.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>alert(1)</script><path d="M0 0h8v8z"/></svg>'

function folderOf(t: TestContext): (name: string, content: string | Buffer) => string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-brand-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
}

const branded = (t: TestContext, branding: BrandingEntry) =>
  buildServer(t, {
    change: (entries) => {
      entries.branding = branding
    },
  })

test('any accent is legible, on the page and under what its buttons say', () => {
  const steps = [0, 51, 102, 153, 204, 255]
  const hex = (value: number) => value.toString(16).padStart(2, '0')
  for (const red of steps)
    for (const green of steps)
      for (const blue of steps)
        for (const ground of ['#fffefb', '#1c221f']) {
          const colour = `#${hex(red)}${hex(green)}${hex(blue)}`
          const { accent, strong, on } = accentOn(colour, ground)
          assert.ok(contrast(accent, ground) >= 4.5, `${colour} on ${ground}`)
          assert.ok(contrast(on, accent) >= 4.5, `${on} on ${accent}`)
          assert.ok(contrast(on, strong) >= 4.5, `${on} on ${strong}`)
        }
  // What is legible already stays what it is.
  assert.equal(accentOn('#1a5fb4', '#fffefb').accent, '#1a5fb4')
})

test('whose page it is: the name above, the host below, both in the title of the tab; never markup', async (t) => {
  const file = folderOf(t)
  const { app } = await branded(t, {
    name: 'A <b>Ltd</b>',
    logo: file('logo.svg', SVG),
    accent: '#f5c211',
    support: 'mailto:help@example.com',
    links: [{ text: 'Im<i>print', href: 'https://a.example/"><script>' }],
    legal: 'Street <1>',
  })
  const page = await new Agent(app).get(WALK)
  assert.match(page.body, /<title>Log in to Test Client – A &lt;b&gt;Ltd&lt;\/b&gt;<\/title>/)
  assert.match(page.body, /<header class="brand">[\s\S]*<bdi>A &lt;b&gt;Ltd&lt;\/b&gt;<\/bdi>/)
  assert.match(page.body, /<p class="host">localhost:8000<\/p>/)
  assert.match(page.body, /<a href="mailto:help@example.com">Get help<\/a>/)
  assert.match(page.body, /<a href="https:\/\/a\.example\/&#34;&gt;&lt;script&gt;"><bdi>Im&lt;i&gt;print/)
  assert.match(page.body, /Street &lt;1&gt;/)
  const style = /href="([^"]*brand\.css[^"]*)"/.exec(page.body)?.[1] ?? ''
  const css = await app.inject({ url: style, headers: { host: 'localhost' } })
  assert.match(css.body, /--accent: #[0-9a-f]{6}/)
  const logo = /src="([^"]*brand-logo\.svg[^"]*)"/.exec(page.body)?.[1] ?? ''
  const image = await app.inject({ url: logo, headers: { host: 'localhost' } })
  assert.equal(image.headers['content-type'], 'image/svg+xml')
  // Opened by itself a drawing is a document of ours: it may not run anything.
  assert.match(String(image.headers['content-security-policy']), /default-src 'none'.*sandbox/)
})

test('without branding it is Postern', async (t) => {
  const { app } = await buildServer(t)
  const { body } = await new Agent(app).get('/')
  assert.match(body, /<title>Your account – Postern<\/title>/)
  assert.doesNotMatch(body, /brand\.css/)
})

test('a file that is no image, cannot be read or is open to everybody stops the start by its name', async (t) => {
  const file = folderOf(t)
  const open = file('open.svg', SVG)
  chmodSync(open, 0o666)
  for (const [branding, message] of [
    [{ logo: '/nowhere.svg' }, /^\/branding\/logo is "\/nowhere\.svg", which does not exist/],
    [{ logo: file('a.svg', '<html><svg></svg>') }, /^\/branding\/logo is none of the images/],
    [{ favicon: file('a.png', 'text') }, /^\/branding\/favicon is none of the images/],
    [{ favicon: file('empty', '') }, /^\/branding\/favicon is none of the images/],
    [{ logo: file('b.svg', SVG + ' '.repeat(300_000)) }, /^\/branding\/logo has 300\d\d\d bytes/],
    [{ logo: open }, /^\/branding\/logo is a file, which can be changed by everybody/],
    [{ logo_dark: file('c.svg', SVG) }, /^\/branding\/logo_dark needs a logo/],
  ] as const)
    await assert.rejects(branded(t, branding), { name: 'ConfigError', message })
})

test('what the file may say of it, and what it may not', () => {
  const read = (text: string) => () => readEntries(`branding: ${text}`, 'a.yaml', {})
  read(
    "{ name: A, accent: '#00ff00', support: 'https://a.example', links: [{ text: a, href: 'https://a' }] }",
  )()
  for (const [wrong, message] of [
    ["{ accent: 'green' }", /\/branding\/accent must be a colour/],
    ["{ support: 'javascript:alert(1)' }", /\/branding\/support must begin with https/],
    [
      "{ links: [{ text: a, href: 'javascript:alert(1)' }] }",
      /\/branding\/links\/0\/href must begin with https/,
    ],
    ['{ colour: a }', /\/branding has the unknown name colour/],
  ] as const)
    assert.throws(read(wrong), message)
})

test('what helps on the pages, and how they look, is small', async (t) => {
  const { app } = await buildServer(t)
  const { body } = await new Agent(app).get('/login')
  const urls = [...body.matchAll(/(?:href|src)="([^"]*\/assets\/postern\.(?:css|js)[^"]*)"/g)].map(
    ([, url = '']) => url,
  )
  assert.equal(urls.length, 2)
  const files = await Promise.all(urls.map((url) => app.inject({ url, headers: { host: 'localhost' } })))
  assert.ok(files.reduce((sum, { rawPayload }) => sum + rawPayload.length, 0) < 25_000)
})

test('a client has its own name and colour on its pages, and the rest of the server; nobody else has', async (t) => {
  const file = folderOf(t)
  const { app } = await buildServer(t, {
    change: (entries) => {
      entries.branding = { name: 'Example Ltd', support: 'mailto:help@example.com' }
      Object.assign(entries.clients[0] as object, {
        branding: { name: 'Example Shop', accent: '#aa0000', logo: file('shop.svg', SVG) },
      })
    },
  })
  const agent = new Agent(app)
  const login = await agent.get(WALK)
  const consent = await agent.login(login)
  for (const { body } of [login, consent]) {
    assert.match(body, /<bdi>Example Shop<\/bdi>\s*<\/header>/)
    assert.match(body, /– Example Shop<\/title>/)
    assert.match(body, /mailto:help@example\.com/)
    assert.match(body, /brand-0\.css/)
  }
  const [, logo = ''] = /src="([^"]*brand-0-logo\.svg[^"]*)"/.exec(login.body) ?? []
  assert.equal((await app.inject({ url: logo, headers: { host: 'localhost' } })).statusCode, 200)
  assert.match((await agent.get('/account')).body, /<bdi>Example Ltd<\/bdi>\s*<\/header>/)
  await assert.rejects(
    buildServer(t, {
      change: (entries) => {
        Object.assign(entries.clients[0] as object, { branding: { logo: '/nowhere.svg' } })
      },
    }),
    { name: 'ConfigError', message: /^\/clients\/0\/branding\/logo is "\/nowhere\.svg"/ },
  )
})
