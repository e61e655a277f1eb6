// Takes the pictures of every page and state, for README.md and docs/screenshots: node test/docs/screenshots.ts [folder]
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { WALK } from '../support/browser-agent.ts'
import { launchChromium, newPage } from '../support/chromium.ts'
import { PASSWORD, type ShownServer, shownServer } from './shown-server.ts'

const docs = join(import.meta.dirname, '../../docs')
const README = ['login-desktop-light', 'consent-desktop-light', 'login-phone-dark', 'consent-phone-dark']
// In other languages: what shows their layout. In somebody's name: where it is seen.
const OF_LANGUAGES = ['login-wrong', 'consent-agent', 'account']
const BRANDED = ['front', 'login', 'consent', 'account']
const pictures = { readme: join(docs, 'images'), all: process.argv[2] ?? join(docs, 'screenshots') }
for (const folder of Object.values(pictures)) mkdirSync(folder, { recursive: true })

interface Look {
  name: string
  options: BrowserContextOptions
  /** The pages that are shown; all without it. */
  only?: readonly string[]
}

const browser = await launchChromium()
const sizes = { desktop: { width: 900, height: 680 }, phone: { width: 360, height: 740 } }
const looks: Look[] = Object.entries(sizes).flatMap(([size, viewport]) =>
  (['light', 'dark'] as const).map((colorScheme) => {
    return { name: `${size}-${colorScheme}`, options: { viewport, colorScheme, locale: 'en' } }
  }),
)
const plain = await shownServer()
for (const look of looks) await take(plain, look)
for (const locale of ['de', 'fr', 'es', 'ja', 'ar']) {
  const options: BrowserContextOptions = { viewport: sizes.phone, colorScheme: 'light', locale }
  await take(plain, { name: `phone-${locale}`, options, only: OF_LANGUAGES })
}
await plain.close()
const branded = await shownServer({ branded: true })
for (const { name, options } of looks)
  await take(branded, { name: `branded-${name}`, options, only: BRANDED })
await branded.close()
await browser.close()
if (process.argv[2] === undefined)
  for (const name of README)
    copyFileSync(join(pictures.all, `${name}.png`), join(pictures.readme, `${name}.png`))

async function take(server: ShownServer, { name, options, only }: Look): Promise<void> {
  const { issuer } = server
  const page = await newPage(browser, options)
  const approve = page.locator('button[value="approve"]')
  const shot = async (what: string) => {
    if (only?.includes(what) === false) return
    const path = join(pictures.all, `${what}-${name}.png`)
    // As a person sees it: what stays in sight stands at the edge of the screen.
    await page.screenshot({ path, fullPage: !what.startsWith('consent') })
  }
  const see = async (what: string, path: string) => {
    await page.goto(issuer + path)
    await shot(what)
  }
  await see('front', '/')
  await see('login', WALK)
  // Somebody else each time: ada is not to wait.
  await submit(page, 'wrong', `ada.${name}`)
  await shot('login-wrong')
  for (let at = 0; (await page.locator('[data-wait]').count()) === 0; at++)
    await submit(page, `wrong ${at}`, `ada.${name}`)
  await shot('login-wait')
  await page.goto(issuer + WALK)
  await submit(page, PASSWORD)
  if (await approve.isVisible()) await approve.click()
  await page.waitForURL(/^https:/)
  await see('consent', `${WALK}&prompt=consent`)
  await see('consent-more', `${WALK}+notes`)
  await see('consent-agent', await askOfAgent(issuer))
  await see('select-account', `${WALK}&prompt=select_account`)
  const staff = { client_id: 'staff', redirect_uri: 'https://staff.example/callback', response_type: 'code' }
  await see('not-allowed', `/oauth/authorize?${new URLSearchParams(staff)}`)
  await see('account', '/account')
  await see('account-profile', '/account/profile')
  await see('account-password', '/account/password')
  await see('account-delete', '/account/delete')
  server.pass(601)
  await see('confirm', '/account/password')
  await see('logout', '/logout')
  server.take(true)
  await see('error-ours', '/account')
  server.take(false)
  await page.goto(`${issuer}/logout`)
  const answered = page.waitForEvent('load')
  await page.locator('form[method="post"] button').first().click()
  await answered
  await shot('logged-out')
  await see('choose-password', (await server.link()).slice(issuer.length))
  await page.goto(`${issuer}/oauth/authorize?client_id=nobody`)
  await page.locator('summary').click()
  await shot('error')
  await page.context().close()
}

/** An application that introduces itself, and where it sends people. */
async function askOfAgent(issuer: string): Promise<string> {
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
  const answered = page.waitForEvent('load')
  await page.locator('#password').press('Enter')
  await answered
}
