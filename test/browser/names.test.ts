import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, login, newPage } from '../support/chromium.ts'
import { listen } from '../support/listen.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

interface Node {
  ignored: boolean
  role?: { value: string }
  name?: { value: string }
  properties?: { name: string; value: { value: unknown } }[]
}

/** What a screen reader finds on the page, by depth: roles with names. */
async function treeOf(page: Page): Promise<[role: string, name: string][]> {
  const devtools = await page.context().newCDPSession(page)
  const { nodes } = (await devtools.send('Accessibility.getFullAXTree')) as { nodes: Node[] }
  await devtools.detach()
  return nodes
    .filter(({ ignored, role }) => !ignored && role !== undefined)
    .map(({ role, name }) => [String(role?.value), String(name?.value ?? '').trim()])
}

const USED = ['button', 'link', 'textbox', 'combobox', 'checkbox', 'radio', 'option', 'DisclosureTriangle']

/** Everything that can be used has a name, and the page has one heading that says what it is. */
async function named(page: Page): Promise<[string, string][]> {
  const tree = await treeOf(page)
  const where = page.url()
  for (const [role, name] of tree) {
    if (USED.includes(role)) assert.notEqual(name, '', `${where}: a ${role} without a name`)
    // An image that says nothing is not there for who cannot see it.
    if (role === 'image') assert.notEqual(name, '', `${where}: an image without a name`)
  }
  assert.equal(await page.locator('h1').count(), 1, where)
  for (const role of ['main', 'banner', 'contentinfo'])
    assert.equal(tree.filter(([one]) => one === role).length, 1, `${where}: ${role}`)
  return tree.filter(([role]) => USED.includes(role) && role !== 'option')
}

test('in the accessibility tree of each page all that can be used has a name', async (t) => {
  const { issuer } = await listen(t)
  const page = await newPage(browser)
  const go = async (path: string) => {
    await page.goto(issuer + path)
    return named(page)
  }
  await go('/')
  await go('/oauth/authorize?client_id=nobody')
  assert.deepEqual(await go(WALK), [
    ['textbox', 'User name or email'],
    ['checkbox', 'Keep me logged in'],
    ['button', 'Log in'],
    ['combobox', 'Language'],
    ['button', 'Choose'],
    ['textbox', 'Password'],
    ['button', 'Show'],
  ])
  await login(page, 'admin', 'wrong')
  await page.getByRole('alert').waitFor()
  await named(page)
  await login(page)
  await page.locator('.decision').waitFor()
  await named(page)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(/^https:/)
  await go(`${WALK}&prompt=select_account`)
  for (const path of ['/account', '/account/profile', '/account/password', '/oauth/logout']) await go(path)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByText('You are logged out').waitFor()
  await named(page)
})
