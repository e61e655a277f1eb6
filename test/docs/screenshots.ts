// Takes the pictures of every page and state, for README.md and docs/screenshots: node test/docs/screenshots.ts [folder]
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Browser, Page } from 'playwright-core'
import { loadConfig } from '../../src/config/config.ts'
import { createServer } from '../../src/server.ts'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, newPage } from '../support/chromium.ts'
import { freePort } from '../support/listen.ts'
import { operatorOf } from '../support/run-time.ts'
import { KEY } from '../support/server.ts'
import { openSqlite } from '../support/sqlite-store.ts'

const PASSWORD = 'correct horse battery staple'
const docs = join(import.meta.dirname, '../../docs')
const README = ['login-desktop-light', 'consent-desktop-light', 'login-phone-dark', 'consent-phone-dark']
// In other languages: what shows their layout.
const OF_LANGUAGES = ['login-wrong', 'consent-agent', 'account']
const pictures = { readme: join(docs, 'images'), all: process.argv[2] ?? join(docs, 'screenshots') }
for (const folder of Object.values(pictures)) mkdirSync(folder, { recursive: true })
const port = await freePort()
const config = loadConfig({ PORT: String(port), STORE: 'redis', SECRET_KEYS: KEY })
config.entries.account_deletion = 'on'
const folder = mkdtempSync(join(tmpdir(), 'postern-pictures-'))
const store = await openSqlite(join(folder, 'pictures.db'))
const log = pino({ level: 'silent' })
const app = await createServer(config, { store, log })
const operator = operatorOf({ app, store, config, log: [], clock: { now: store.clock() } }, store)
await operator.add('ada', PASSWORD, { email: 'ada@example.com' })
await app.listen({ port, host: '127.0.0.1' })
const { issuer } = config
const browser = await launchChromium()
const sizes = { desktop: { width: 900, height: 680 }, phone: { width: 360, height: 740 } }
for (const [size, viewport] of Object.entries(sizes))
  for (const colorScheme of ['light', 'dark'] as const)
    await take(browser, { name: `${size}-${colorScheme}`, viewport, colorScheme, locale: 'en' })
for (const locale of ['de', 'fr', 'es', 'ja', 'ar'])
  await take(browser, { name: `phone-${locale}`, viewport: sizes.phone, colorScheme: 'light', locale })
await browser.close()
await app.close()
await store.close()
rmSync(folder, { recursive: true })
const shown = process.argv[2] === undefined ? README : []
for (const name of shown)
  copyFileSync(join(pictures.all, `${name}.png`), join(pictures.readme, `${name}.png`))

interface Look {
  name: string
  viewport: { width: number; height: number }
  colorScheme: 'light' | 'dark'
  locale: string
}

async function take(browser_: Browser, { name, ...look }: Look): Promise<void> {
  const page = await newPage(browser_, look)
  const shot = async (what: string) => {
    if (look.locale !== 'en' && !OF_LANGUAGES.includes(what)) return
    const path = join(pictures.all, `${what}-${name}.png`)
    // As a person sees it: what stays in sight stands at the edge of the screen.
    await page.screenshot({ path, fullPage: !what.startsWith('consent') })
  }
  await page.goto(`${issuer}/`)
  await shot('front')
  await page.goto(`${issuer}${WALK}`)
  await shot('login')
  // Somebody else each time: ada is not to wait.
  await submit(page, 'wrong', `ada.${name}`)
  await shot('login-wrong')
  await submit(page, PASSWORD)
  if (await page.locator('button[value="approve"]').isVisible()) {
    await page.locator('button[value="approve"]').click()
  }
  await page.waitForURL(/^https:/)
  await page.goto(`${issuer}${WALK}&prompt=consent`)
  await shot('consent')
  await page.goto(`${issuer}${await askOfAgent()}`)
  await shot('consent-agent')
  await page.goto(`${issuer}${WALK}&prompt=select_account`)
  await shot('select-account')
  for (const path of ['', '/profile', '/password', '/delete']) {
    await page.goto(`${issuer}/account${path}`)
    await shot(`account${path.replace('/', '-')}`)
  }
  await page.goto(`${issuer}/logout`)
  await shot('logout')
  await page.goto(`${issuer}/oauth/authorize?client_id=nobody`)
  await page.locator('summary').click()
  await shot('error')
  await page.context().close()
}

/** An application that introduces itself, and where it sends people. */
async function askOfAgent(): Promise<string> {
  const redirect_uri = 'http://localhost:51234/callback'
  const answer = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Code Agent',
      ...{ redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' },
    }),
  })
  const { client_id } = (await answer.json()) as { client_id: string }
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  const asked = { client_id, redirect_uri, response_type: 'code', scope: 'openid profile offline_access' }
  return `/oauth/authorize?${new URLSearchParams({ ...asked, ...pkce })}`
}

async function submit(page: Page, password: string, username = 'ada'): Promise<void> {
  await page.locator('#username').fill(username)
  await page.locator('#password').fill(password)
  await page.locator('#password').press('Enter')
  await page.waitForLoadState('load')
}
