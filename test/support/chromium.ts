import { existsSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']

/** The system's Chromium, without a screen and without calls of its own to the network. `args`: further switches. */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = PATHS.find((path) => path && existsSync(path))
  if (executablePath === undefined) throw new Error('Chromium is missing; npm test installs it or says how')
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
}

/** A fresh profile's page. Every https address is answered here, so that nothing leaves the machine. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  return addPage(await browser.newContext(options))
}

/** Another tab of the same profile. */
export async function addPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  // The devtools protocol itself: Playwright's routes do not see the hops of a redirect.
  const devtools = await context.newCDPSession(page)
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: 'https://*' }] })
  devtools.on('Fetch.requestPaused', ({ requestId }) => {
    const body = Buffer.from('<!doctype html><title>client</title>the client application').toString('base64')
    const responseHeaders = [{ name: 'content-type', value: 'text/html' }]
    devtools
      .send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body })
      .catch(() => {})
  })
  return page
}

/** Fills in the login page. */
export async function login(page: Page, username = 'admin', password = 'admin'): Promise<void> {
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}
