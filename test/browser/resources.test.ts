import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { clientServer, listen } from '../support/listen.ts'
import { FILES, NOTES, RESOURCES, withResources } from '../support/resources.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const approve = (page: Page) => page.getByRole('button', { name: 'Approve' }).click()
const atClient = (page: Page) => page.waitForURL(/^https:\/\/www\.example\.com\/redirect/)
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()
const STRANGER = `https://${'very-long-'.repeat(6)}name.example/${'path/'.repeat(40)}`

test('consent for a resource: whom it is for, then what is new, with what was allowed before folded; axe and 320 px', async (t) => {
  const { issuer } = await listen(t, {
    change(entries) {
      entries.resources = RESOURCES.map(({ scopes: _, ...rest }) => rest)
      entries.any_resource = true
    },
  })
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await newPage(browser, {
      colorScheme,
      viewport: { width: 320, height: 900 },
      bypassCSP: true,
    })
    const check = async (name: string) => {
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] }
      assert.deepEqual(
        violations.map((one) => one.id),
        [],
        `${name} ${colorScheme}`,
      )
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${name} overflows`)
    }
    await page.goto(issuer + withResources(WALK, NOTES))
    await login(page)
    // In the dark it is remembered.
    if (colorScheme === 'light') {
      assert.equal(await heading(page), 'Test Client wants access to your account')
      assert.ok(await page.getByText('Use Notes for you').isVisible())
      await check('consent')
      await approve(page)
      await atClient(page)
    }
    await page.goto(issuer + withResources(WALK, FILES, NOTES, STRANGER))
    assert.equal(await heading(page), 'Test Client wants more access')
    assert.ok(await page.getByText(STRANGER).isVisible())
    const known = page.getByText('Use Notes for you')
    assert.ok(!(await known.isVisible()), 'what was allowed before is folded')
    await page.getByText('What you have allowed before').press('Enter')
    assert.ok(await known.isVisible())
    await check('consent with what is new')
  }
})

test('Fetch standard: a script of another origin gets tokens with whatever headers it sends; pages stay closed', async (t) => {
  const { issuer } = await listen(t)
  const { origin } = await clientServer(t, (_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Tool</title>')
  })
  const page = await newPage(browser)
  await page.goto(origin)
  const ask = (path: string, init: object) =>
    page.evaluate(
      async ([url, options]) => {
        try {
          const { status } = await fetch(url, options)
          return status
        } catch (error) {
          return String(error)
        }
      },
      [issuer + path, init] as [string, object],
    )
  const headers = { 'mcp-protocol-version': '2026-07-28', 'x-trace': '1', authorization: 'Bearer x' }
  const form = { method: 'POST', headers: { ...headers, authorization: 'Basic eDp5' }, body: '' }
  for (const path of ['oauth-authorization-server', 'openid-configuration', 'oauth-protected-resource'])
    assert.equal(await ask(`/.well-known/${path}`, { headers }), 200, path)
  assert.equal(await ask('/oauth/jwks', { headers }), 200)
  assert.equal(await ask('/oauth/userinfo', { headers }), 401)
  for (const path of ['tokenize', 'revoke', 'introspect']) {
    const content = { ...form.headers, 'content-type': 'application/x-www-form-urlencoded' }
    const status = await ask(`/oauth/${path}`, {
      ...form,
      headers: content,
      body: 'grant_type=client_credentials',
    })
    assert.equal(status, 401, path)
  }
  for (const path of [WALK, '/login', '/'])
    assert.match(String(await ask(path, { headers: { 'x-trace': '1' } })), /Failed to fetch/, path)
  assert.match(String(await ask('/oauth/userinfo', { credentials: 'include' })), /Failed to fetch/)
})
