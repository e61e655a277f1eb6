import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { CACHE, npmPackages, program } from '../support/program.ts'
import { applicationBrowser, logIn, type Site, site } from '../support/site.ts'

const newPage = applicationBrowser()

async function application(t: TestContext, { recipe, port, app, ca }: Site): Promise<void> {
  const packages = join(npmPackages('node-red'), 'node_modules')
  const cwd = mkdtempSync(join(CACHE, 'run-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  // Its settings are no module here.
  writeFileSync(join(cwd, 'package.json'), '{}')
  // Neither questions nor a tour at the first start.
  const quiet = '{ telemetry: { enabled: false }, editorTheme: { ...recipe.editorTheme, tours: false } }'
  writeFileSync(
    join(cwd, 'settings.js'),
    `const recipe = { ${recipe.block('js')} }; module.exports = { ...recipe, ...${quiet} }`,
  )
  const parameters = ['--userDir', cwd, '--settings', join(cwd, 'settings.js'), '--port', String(port)]
  const env = { ...recipe.env, NODE_PATH: packages, ...(ca && { NODE_EXTRA_CA_CERTS: ca }) }
  await program(t, [process.execPath, join(packages, 'node-red/red.js'), ...parameters], {
    url: app,
    env,
    cwd,
  })
}

async function begin(page: Page, { app }: Site, username?: string): Promise<void> {
  await page.goto(app)
  await page.getByText('Log in with Postern').click()
  await logIn(page, app, username)
}

for (const https of [false, true])
  test(`Node-RED: login to the editor and log-out, issuer on ${https ? 'https' : 'http'}`, async (t) => {
    const at = await site(t, 'Node-RED', { https })
    await application(t, at)
    const page = await newPage()
    await begin(page, at)
    const person = page.locator('#red-ui-header-button-user')
    await person.waitFor()
    const { username, permissions } = await page.evaluate(async () => {
      const { access_token } = JSON.parse(localStorage.getItem('auth-tokens') ?? '{}')
      const headers = { authorization: `Bearer ${access_token}`, accept: 'application/json' }
      const response = await fetch('/settings', { headers })
      return ((await response.json()) as { user: { username: string; permissions: string } }).user
    })
    assert.deepEqual([username, permissions], ['ada', '*'])
    assert.equal((await fetch(`${at.app}/settings`)).status, 401)

    await person.click()
    await page.getByText(/log ?out/i).click()
    await page.waitForURL((url) => url.origin === at.issuer)
    await page.locator('button[type=submit]').first().click()
    await page.waitForURL(`${at.app}/`)
    await page.getByText('Log in with Postern').click()
    await page.locator('input[name=password]').waitFor()
  })

test('Node-RED: who is in none of the allowed groups stays outside', async (t) => {
  const at = await site(t, 'Node-RED')
  await application(t, at)
  const page = await newPage()
  await page.goto(at.app)
  await page.getByText('Log in with Postern').click()
  await page.locator('input[name=username]').fill('bob')
  await page.locator('input[name=password]').fill('a password of bob')
  await page.locator('button[type=submit]').first().click()
  await page.getByRole('button', { name: 'Go back to' }).click()
  await page.getByText('Unauthorized').waitFor()
  assert.equal(new URL(page.url()).origin, at.app)
  assert.equal(await page.locator('#red-ui-header-button-user').isVisible(), false)
})
