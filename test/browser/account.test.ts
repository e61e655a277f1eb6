import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, newPage } from '../support/chromium.ts'
import { listen } from '../support/listen.ts'
import { operatorOf } from '../support/run-time.ts'
import { folderOfTests, openSqlite } from '../support/sqlite-store.ts'

const PASSWORD = 'correct horse battery staple'
const NEXT = 'another horse and its battery'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())
const folder = folderOfTests()

/** Goes on by the keyboard to what has this name, as somebody without a mouse does, and presses Enter on it. */
async function press(page: Page, name: RegExp): Promise<void> {
  await page.waitForLoadState()
  for (let steps = 0; steps < 60; steps++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate('document.activeElement.innerText || document.activeElement.value || ""')
    if (!name.test(String(at).replaceAll('\n', ' '))) continue
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    assert.notEqual(outline, 'none', `${name} is seen to have the focus`)
    return page.keyboard.press('Enter')
  }
  assert.fail(`no way by the keyboard to ${name}`)
}

test('without a mouse: see what has access, take it back, change the password, and log in with it', async (t) => {
  const store = await openSqlite(join(folder, 'keyboard.db'))
  const server = await listen(t, { store, env: { STORE: 'redis' } })
  await operatorOf(server, store).add('ada', PASSWORD)
  const page = await newPage(browser)
  const type = async (...words: string[]) => {
    await page.waitForLoadState()
    // A browser focuses a field at its leisure, and what is typed before is lost.
    await page.waitForFunction('document.activeElement.tagName === "INPUT"')
    for (const [at, word] of words.entries()) {
      if (at > 0) await page.keyboard.press('Tab')
      // Over the button that shows a password.
      if (at > 0 && (await page.evaluate('document.activeElement.className')) === 'peek')
        await page.keyboard.press('Tab')
      await page.keyboard.type(word)
    }
    await page.keyboard.press('Enter')
  }
  await page.goto(server.issuer + WALK)
  await type('ada', PASSWORD)
  await page.getByRole('heading', { name: /wants access/ }).waitFor()
  await press(page, /^Approve$/)
  await page.waitForURL(/^https:/)
  await page.goto(`${server.issuer}/`)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  assert.ok(await page.getByText('Test Client', { exact: true }).isVisible())
  await press(page, /^Remove access of Test Client$/)
  await page.getByText('None yet.').waitFor()
  await press(page, /^Change the password$/)
  await page.getByRole('heading', { name: 'Change the password' }).waitFor()
  await type(NEXT, NEXT)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await press(page, /^Log out$/)
  await page.getByRole('heading', { name: 'Log out?' }).waitFor()
  await press(page, /^Log out$/)
  await page.getByText('You are logged out').waitFor()
  await page.goto(`${server.issuer}/login`)
  await type('ada', NEXT)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
})

test('the account passes axe at 320 px, in each language, light and dark, and nothing overflows', async (t) => {
  const store = await openSqlite(join(folder, 'axe.db'))
  const change = (entries: { account_deletion?: 'on' | 'off' }) => {
    entries.account_deletion = 'on'
  }
  const env = { STORE: 'redis' }
  const server = await listen(t, { store, env, change })
  await operatorOf(server, store).add('ada', PASSWORD, { email: 'ada@example.com' })
  const schemes = ['light', 'dark'] as const
  for (const [at, locale] of ['en', 'de', 'fr', 'es', 'ja', 'ar'].entries()) {
    const page = await newPage(browser, {
      ...{ locale, colorScheme: schemes[at % 2] ?? 'light', bypassCSP: true },
      viewport: { width: 320, height: 700 },
    })
    const check = async (name: string) => {
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] }
      assert.deepEqual(
        violations.map(({ id }) => id),
        [],
        `${name} ${locale}`,
      )
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, `${name} ${locale}`)
    }
    await page.goto(server.issuer + WALK)
    await page.locator('#username').fill('ada')
    if (at === 0 || locale === 'ar') {
      await page.locator('#password').fill('wrong')
      await page.locator('#password').press('Enter')
      await page.locator('#notice').waitFor()
      await check('a wrong password')
    }
    await page.locator('#password').fill(PASSWORD)
    await page.locator('#password').press('Enter')
    if (at === 0) {
      await page.locator('button[value="approve"]').waitFor()
      await check('consent')
      await page.locator('button[value="approve"]').click()
    }
    await page.waitForURL(/^https:/)
    for (const path of ['', '/profile', '/password', '/delete']) {
      await page.goto(`${server.issuer}/account${path}`)
      await page.locator('h1').waitFor()
      await check(`account${path}`)
    }
    await page.context().close()
  }
})

test('the script shows a password, and sends none as a text; a page without scripts has no dead button', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  await page.goto(`${issuer}/login`)
  await page.locator('#username').fill('admin')
  await page.locator('#password').fill('admin')
  await page.getByRole('button', { name: 'Show' }).click()
  assert.equal(await page.locator('#password').getAttribute('type'), 'text')
  assert.equal(await page.getByRole('button', { name: 'Hide' }).getAttribute('aria-pressed'), 'true')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  const plain = await newPage(browser, { javaScriptEnabled: false })
  await plain.goto(`${issuer}/login`)
  assert.equal(await plain.getByRole('button').count(), 2)
})
